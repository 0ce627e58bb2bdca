"""Is one predictor better than another? Two correlations that share a column."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.estimate import Estimate
from pytest_claims.statistics.arrays import columns
from pytest_claims.statistics.correlation import correlation_coefficient, fisher_interval
from pytest_claims.verdict import BrokenMeasurementError


@dataclass(frozen=True)
class DependentComparison(Estimate):
    """How much farther from 0 the first correlation is than the second.

    Parameters
    ----------
    t, degrees_of_freedom : Williams' test of the two correlations, both turned positive
    r_first, r_second : the two correlations with the shared column, with their signs
    r_between : correlation of the two predictors, after turning both to correlate positively
    """

    t: float = math.nan
    degrees_of_freedom: int = 0
    r_first: float = math.nan
    r_second: float = math.nan
    r_between: float = math.nan


def compare_dependent(first: ArrayLike, second: ArrayLike, shared: ArrayLike) -> DependentComparison:
    """Compare ``|r(first, shared)|`` with ``|r(second, shared)|``.

    Predictors that correlate negatively with the shared column are turned around first, so that strength
    is compared and not sign.

    Parameters
    ----------
    first, second, shared : (n,) float, n >= 4

    Returns
    -------
    DependentComparison
        ``value`` is the difference of the absolute correlations; p by Williams' t with n - 3 degrees of
        freedom (Steiger 1980, doi:10.1037/0033-2909.87.2.245, eq. 7), interval after Zou (2007),
        doi:10.1037/1082-989X.12.4.399.

    Notes
    -----
    Two true correlations are equally strong if they are equal *or opposite*, so both are tested, and the
    larger p-value counts (an intersection-union test). The one with both turned positive is not enough: of
    samples of ten from two equally strong predictors (0.3) that correlate at -0.5, it alone calls the first
    the stronger, at p < 0.05, in 4.5%; both together do in 1.1%.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`; or the predictors are the same line.
    """
    a, b, y = columns(first=first, second=second, shared=shared)
    n = a.size
    r_first, r_second = correlation_coefficient(a, y), correlation_coefficient(b, y)
    sign = math.copysign(1, r_first) * math.copysign(1, r_second)
    r1, r2, r12 = abs(r_first), abs(r_second), sign * correlation_coefficient(a, b)
    if abs(r12) > 1 - 1e-12:
        raise BrokenMeasurementError(
            "first and second: expected two predictors, got one and its linear function"
        )
    t = _williams_t(r1, r2, r12, n)
    t_if_opposite = _williams_t(r1, -r2, -r12, n)
    weaker = abs(t_if_opposite) < abs(t)
    doubt = f", {t_if_opposite:.2f} should the true signs be opposite" if weaker else ""
    low, high = _zou_interval(r1, r2, r12, n)
    return DependentComparison(
        statistic="difference of absolute correlations",
        value=r1 - r2,
        n=n,
        ci_low=low,
        ci_high=high,
        p_value=float(2 * special.stdtr(n - 3, -min(abs(t), abs(t_if_opposite)))),
        detail=f"|r| = {r1:.2f} against {r2:.2f}, Williams' t({n - 3}) = {t:.2f}{doubt}",
        t=t,
        degrees_of_freedom=n - 3,
        r_first=r_first,
        r_second=r_second,
        r_between=r12,
    )


def _williams_t(r1: float, r2: float, r12: float, n: int) -> float:
    determinant = max(0.0, 1 - r1**2 - r2**2 - r12**2 + 2 * r1 * r2 * r12)
    mean = (r1 + r2) / 2
    scale = 2 * determinant * (n - 1) / (n - 3) + mean**2 * (1 - r12) ** 3
    if scale <= 0:
        return math.copysign(math.inf, r1 - r2)
    return (r1 - r2) * math.sqrt((n - 1) * (1 + r12) / scale)


def _zou_interval(r1: float, r2: float, r12: float, n: int) -> tuple[float, float]:
    low1, high1 = fisher_interval(r1, 1 / (n - 3))
    low2, high2 = fisher_interval(r2, 1 / (n - 3))
    spread = (1 - r1**2) * (1 - r2**2)
    between = 0.0
    if spread > 0:
        numerator = (r12 - r1 * r2 / 2) * (1 - r1**2 - r2**2 - r12**2) + r12**3
        between = min(1.0, max(-1.0, numerator / spread))
    difference = r1 - r2

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a + b * b - 2 * between * a * b))

    return difference - reach(r1 - low1, high2 - r2), difference + reach(high1 - r1, r2 - low2)
