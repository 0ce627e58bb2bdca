"""Rules on several rates: their equivalence to a target, and their heterogeneity."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.core.numbers import interval_text, number_text
from pytest_claims.core.regions import Region, negligible, refuted, supported
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.contingency import ContingencyEstimate
from pytest_claims.statistics.proportions import RatesEstimate, RateWithInterval


@dataclass(frozen=True)
class RateEquivalence:
    """Every rate lies within a margin of a target.

    - supported: the interval of every rate lies within the margin, all intervals holding together
    - refuted: the interval of some rate lies wholly outside
    - inconclusive: neither

    The decision shows the rate that decides: of the rates outside, the farthest; if none is, the one whose
    interval reaches farthest from the target.

    As with any equivalence test, the error to fear is "supported" where a rate is at the margin or beyond.

    Parameters
    ----------
    target : the rate
    margin : how far from it is still the same
    """

    target: float
    margin: float = 0.1

    def __post_init__(self) -> None:
        check_level("target", self.target)
        check_level("margin", self.margin)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        low, high = self.target - self.margin, self.target + self.margin
        return supported(low, high), refuted(high=low), refuted(low=high)

    def __str__(self) -> str:
        return (
            f"supported if every rate's interval (95% together) lies within {self.target:.3g} +/- "
            f"{self.margin:g}; refuted if one lies wholly outside"
        )

    def decide(self, estimate: RatesEstimate) -> Decision:
        """See :class:`RateEquivalence` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, _ = expect(self, estimate, RatesEstimate)
        if not estimate.labels:
            raise BrokenMeasurementError("expected at least one rate")
        low, high = self.target - self.margin, self.target + self.margin
        rates = estimate.each()
        outside = [rate for rate in rates if rate.high < low or rate.low > high]
        if outside:
            verdict = Verdict.REFUTED
            deciding = max(outside, key=lambda rate: max(low - rate.high, rate.low - high))
        else:
            within = all(low <= rate.low and rate.high <= high for rate in rates)
            verdict = Verdict.SUPPORTED if within else Verdict.INCONCLUSIVE
            deciding = max(rates, key=lambda rate: max(low - rate.low, rate.high - high))
        named = ", ".join(f"{rate.label} ({rate.value:.0%})" for rate in outside)
        before = f"outside the margin: {named}; " if outside else ""
        return decision(verdict, self._shown(estimate, deciding), (low, high), before=before)

    def _shown(self, estimate: RatesEstimate, deciding: RateWithInterval) -> Estimate:
        pooled = number_text(estimate.value)
        if interval := interval_text(estimate.ci_low, estimate.ci_high):
            pooled += f" {interval}"
        number = len(estimate.labels)
        among = f", farthest of {number}; all intervals 95% together" if number > 1 else ""
        return Estimate(
            statistic=f"rate of {deciding.label} (exact{among})",
            value=deciding.value,
            n=deciding.samples or estimate.n,
            ci_low=deciding.low,
            ci_high=deciding.high,
            detail="; ".join(part for part in (estimate.detail, f"{estimate.statistic}: {pooled}") if part),
        )


@dataclass(frozen=True)
class Heterogeneity:
    """Several rates are not one rate.

    - supported: chi-square at p < alpha
    - refuted: the 95% interval of Cramer's V ends below the smallest effect of interest
    - inconclusive: neither

    The decision shows Cramer's V, whose interval decides, with chi-square's p-value.

    Parameters
    ----------
    alpha : significance level; the test has no direction, so half of the usual 0.05
    smallest_effect : Cramer's V; 0.1 is Cohen's "small"
    """

    alpha: float = 0.025
    smallest_effect: float = 0.1

    def __post_init__(self) -> None:
        check_level("alpha", self.alpha)
        check_level("smallest_effect", self.smallest_effect)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        return refuted(high=self.smallest_effect), negligible(high=self.smallest_effect)

    def __str__(self) -> str:
        return (
            f"supported if chi-square has p < {self.alpha:g}; refuted if the 95% interval of Cramer's V ends "
            f"below {self.smallest_effect:g}"
        )

    def decide(self, estimate: ContingencyEstimate) -> Decision:
        """See :class:`Heterogeneity` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (p, v_high) = expect(self, estimate, ContingencyEstimate, "p_value", "v_high")
        if p < self.alpha:
            verdict = Verdict.SUPPORTED
        elif v_high < self.smallest_effect:
            verdict = Verdict.REFUTED
        else:
            verdict = Verdict.INCONCLUSIVE
        return decision(verdict, estimate.effect(), (self.alpha, self.smallest_effect))
