"""Comparison of two dependent correlations, which share a column."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import CONSTANT, columns
from pytest_claims.statistics.arithmetic.coefficient import Coefficient, correlate, interval_of, p_of_any_line
from pytest_claims.statistics.arithmetic.deviations import (
    FloatArray,
    deviations,
    row_deviations,
    row_spreads,
)

#: Size up to which the sign of a correlation is a matter of rounding.
_NO_SIGN = 1e-12
#: Resamples that are computed at once.
_BLOCK = 1000


@dataclass(frozen=True)
class DependentComparison(Estimate):
    """Difference of two absolute correlations that share a column.

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
        doi:10.1037/1082-989X.12.4.399, within the range from -1 to 1 that such a difference has.

    Notes
    -----
    Two true correlations are equally strong if they are equal *or opposite*, so both are tested, and the
    larger p-value counts (an intersection-union test). The one with both turned positive is not enough: of
    samples of ten from two equally strong predictors (0.3) that correlate at -0.5, it alone calls the first
    the stronger, at p < 0.05, in 4.5%; both together do in 1.1%. In the same way the interval goes as far
    toward 0 as Zou's with either sign of the weaker predictor's true correlation.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`; or the predictors are the same line.
    """
    a, b, y = (deviations(column) for column in columns(first=first, second=second, shared=shared))
    n = y.values.size
    with_first, with_second, between = correlate(a, y), correlate(b, y), correlate(a, b)
    if between.complement <= 1e-12:
        raise BrokenMeasurementError(
            "first and second: expected two predictors, got one and its linear function"
        )
    turned, other = (math.copysign(1, with_first.r) * a.unit, math.copysign(1, with_second.r) * b.unit)
    t, t_if_opposite = _williams_t(turned, other, y.unit), _williams_t(turned, -other, y.unit)
    weaker = abs(t_if_opposite) < abs(t)
    doubt = f", {t_if_opposite:.2f} should the true signs be opposite" if weaker else ""
    r1, r2 = (replace(coefficient, r=abs(coefficient.r)) for coefficient in (with_first, with_second))
    r12 = float(turned @ other)
    low, high = _interval_of_sizes(r1, r2, r12, n)
    return DependentComparison(
        statistic="difference of absolute correlations",
        value=float(y.unit @ (turned - other)),
        n=n,
        ci_low=low,
        ci_high=high,
        p_value=float(2 * special.stdtr(n - 3, -min(abs(t), abs(t_if_opposite)))),
        detail=f"|r| = {r1.r:.2f} against {r2.r:.2f}, Williams' t({n - 3}) = {t:.2f}{doubt}",
        t=t,
        degrees_of_freedom=n - 3,
        r_first=with_first.r,
        r_second=with_second.r,
        r_between=r12,
    )


def with_bootstrap_interval(
    comparison: DependentComparison,
    first: ArrayLike,
    second: ArrayLike,
    shared: ArrayLike,
    *,
    resamples: int = 4999,
    seed: int = 0,
) -> DependentComparison:
    """Replace the interval of a comparison by the bootstrap's, which assumes no normal distribution.

    Parameters
    ----------
    comparison : of these columns, by :func:`compare_dependent`
    first, second, shared : (n,) float
    resamples : units drawn with replacement, all three columns together
    seed : of the draws

    Returns
    -------
    DependentComparison
        With the percentile interval (Efron and Tibshirani 1993, section 13.3); resamples in which a column is
        constant are left out. Alone it is a little too narrow for few units: beside Williams' p, which a rule
        asks for as well, it guards against columns that are far from normal.

    Raises
    ------
    BrokenMeasurementError
        As :func:`compare_dependent`; or a column is constant in every resample.
    """
    columns_of = np.stack(columns(first=first, second=second, shared=shared))
    n, distances = columns_of.shape[1], []
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        drawn = generator.integers(n, size=(min(_BLOCK, resamples - start), n))
        a, b, y = (_unit_rows(column[drawn]) for column in columns_of)
        distances.append(np.abs((a * y).sum(axis=1)) - np.abs((b * y).sum(axis=1)))
    differences = np.concatenate(distances)
    differences = differences[np.isfinite(differences)]
    if differences.size == 0:
        raise BrokenMeasurementError(
            f"resamples: expected some of {resamples} in which no column is constant, got none"
        )
    low, high = np.quantile(differences, [0.025, 0.975])
    return replace(
        comparison,
        statistic=f"{comparison.statistic} (interval: bootstrap of units)",
        ci_low=float(low),
        ci_high=float(high),
    )


def _unit_rows(rows: FloatArray) -> FloatArray:
    """Centre each row and give it length 1; NaN where a row is constant."""
    centred = row_deviations(rows)
    lengths = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit: FloatArray = centred / np.where(row_spreads(rows) <= CONSTANT, np.nan, lengths)
    return unit


def _williams_t(first: FloatArray, second: FloatArray, shared: FloatArray) -> float:
    """Return Williams' t of columns at unit length; the difference of close predictors keeps its digits."""
    n, apart, together = shared.size, first - second, first + second
    difference = float(shared @ apart)
    corners = np.linalg.qr(np.stack([shared, first, second], axis=1), mode="r")
    determinant = float(np.prod(np.diag(corners))) ** 2  # of the three correlations' matrix
    mean = float(shared @ together) / 2
    scale = 2 * determinant * (n - 1) / (n - 3) + mean**2 * (float(apart @ apart) / 2) ** 3
    if scale <= 0:
        return math.copysign(math.inf, difference)
    return difference * math.sqrt((n - 1) * float(together @ together) / 2 / scale)


def _interval_of_sizes(
    first: Coefficient, second: Coefficient, between: float, n: int
) -> tuple[float, float]:
    """Return the interval of a difference of absolute correlations, given with both turned positive."""
    low, high = _interval(first, second, between, n)
    # If the true signs are opposite, the difference of sizes is the sum, or less the sum, of the two.
    low_of_sum, high_of_sum = _interval(first, replace(second, r=-second.r), -between, n)
    if first.r >= second.r:
        low = min(low, low_of_sum)
    else:
        high = max(high, -low_of_sum)
    # Rounding alone says which way a predictor was turned that does not correlate: both ways count.
    if second.r <= _NO_SIGN:
        high = max(high, high_of_sum)
    if first.r <= _NO_SIGN:
        low = min(low, -high_of_sum)
    return max(-1.0, low), min(1.0, high)


def _interval(first: Coefficient, second: Coefficient, between: float, n: int) -> tuple[float, float]:
    """Return Zou's interval of r(a, y) - r(b, y), where ``between`` is r(a, b)."""
    (low1, high1), (low2, high2) = (
        interval_of(coefficient, 1 / (n - 3), n - 2, p_of_any_line(n)) for coefficient in (first, second)
    )
    r1, r2 = first.r, second.r
    together = 0.0  # asymptotic correlation of the two estimates, Zou's equation 9
    spread = first.complement * (2 - first.complement) * second.complement * (2 - second.complement)
    if spread > 0:
        numerator = (between - r1 * r2 / 2) * (1 - r1**2 - r2**2 - between**2) + between**3
        together = min(1.0, max(-1.0, numerator / spread))

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a + b * b - 2 * together * a * b))

    return r1 - r2 - reach(r1 - low1, high2 - r2), r1 - r2 + reach(high1 - r1, r2 - low2)
