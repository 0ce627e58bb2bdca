"""Heterogeneity of rates: Pearson's chi-square on a table of counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import counts


@dataclass(frozen=True)
class ContingencyEstimate(Estimate):
    """A chi-square with the size of the effect.

    Parameters
    ----------
    degrees_of_freedom : number of rates less one
    cramers_v, v_low, v_high : effect size in [0, 1] with its 95% interval
    """

    degrees_of_freedom: int = 0
    cramers_v: float = math.nan
    v_low: float = math.nan
    v_high: float = math.nan

    def effect(self) -> Estimate:
        """Return Cramer's V with its interval, and chi-square's p-value.

        Sample V is biased upwards, so that it may lie above the interval of the true one. This is the square
        root of ``max(0, chi-square - degrees of freedom) / n``, by the unbiased estimate of the
        noncentrality, which lies within it.
        """
        beyond_chance = max(0.0, self.value - self.degrees_of_freedom)
        return Estimate(
            statistic="Cramer's V, bias-corrected (p of chi-square)",
            value=math.sqrt(beyond_chance / self.n),
            n=self.n,
            ci_low=self.v_low,
            ci_high=self.v_high,
            p_value=self.p_value,
            detail=f"{self.statistic} = {self.value:.4g}; {self.detail}",
        )


def rate_heterogeneity(hits: ArrayLike, samples: ArrayLike) -> ContingencyEstimate:
    """Test whether several rates are one rate.

    Parameters
    ----------
    hits, samples : (k,) whole numbers, k >= 2

    Returns
    -------
    ContingencyEstimate
        Pearson's chi-square of the k x 2 table without continuity correction; ``n`` is the number of
        samples. The interval of Cramer's V inverts the noncentral chi-square (Smithson 2003); as V itself
        is biased upwards, the interval lies below it where rates differ less than chance makes them.

    Raises
    ------
    BrokenMeasurementError
        Fewer than two rates; counts that are not counts; all or no samples hit.
    """
    hit, sample = counts(hits, samples)
    if hit.ndim != 1 or hit.size < 2:
        raise BrokenMeasurementError(f"hits: expected at least two rates, got {hit.size}")
    pooled = hit.sum() / sample.sum()
    if pooled in (0, 1):
        raise BrokenMeasurementError("hits: expected some hits and some misses, got only one of them")
    chi2 = float(((hit - sample * pooled) ** 2 / (sample * pooled * (1 - pooled))).sum())
    degrees, total = hit.size - 1, int(sample.sum())
    low, high = (math.sqrt(noncentrality / total) for noncentrality in _noncentrality_interval(chi2, degrees))
    v = math.sqrt(chi2 / total)
    rarer = min(int(hit.sum()), total - int(hit.sum()))
    smallest = int(sample.min()) * rarer / total  # whole numbers first: 5 is not below 5
    note = "" if smallest >= 5 else f"; smallest expected count {smallest:.1f}: the p-value is approximate"
    return ContingencyEstimate(
        statistic=f"chi-square ({degrees} df)",
        value=chi2,
        n=total,
        p_value=float(special.chdtrc(degrees, chi2)),
        detail=f"Cramer's V = {v:.2f} [{low:.2f}, {high:.2f}]{note}",
        degrees_of_freedom=degrees,
        cramers_v=v,
        v_low=low,
        v_high=min(1.0, high),
    )


def _noncentrality_interval(chi2: float, degrees: int) -> tuple[float, float]:
    def solve(probability: float) -> float:
        # P(X <= chi2) falls as the noncentrality grows; below the central value there is no solution.
        if special.chdtr(degrees, chi2) <= probability:
            return 0.0
        found = float(special.chndtrinc(chi2, degrees, probability))
        if math.isfinite(found):
            return found
        # Beyond what the series reaches, the root of chi-square is normal with variance 1.
        return (math.sqrt(chi2) - float(special.ndtri(probability))) ** 2

    return solve(0.975), solve(0.025)
