"""Correlation coefficients with intervals and p-values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import CorrelationEstimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.arithmetic.coefficient import (
    Z_95,
    Coefficient,
    correlate,
    interval_of,
    p_of,
    p_of_a_line,
    p_of_any_line,
)
from pytest_claims.statistics.arithmetic.deviations import Deviations, FloatArray, deviations, row_deviations
from pytest_claims.statistics.arithmetic.pairings import RANKS_EXACT_UP_TO, p_of_ranks


def pearson(x: ArrayLike, y: ArrayLike) -> CorrelationEstimate:
    """Pearson's product-moment correlation.

    Parameters
    ----------
    x, y : (n,) float, n >= 4

    Returns
    -------
    CorrelationEstimate
        With Student's t for the p-value and Fisher's z for the interval.

    Raises
    ------
    BrokenMeasurementError
        NaN, a constant column, too few values or unequal lengths.

    Notes
    -----
    Where all units lie on one line, there is no scatter about it from which t could tell chance, and its p
    would be 0 at any n. The p-value is then the exact one of
    :func:`pytest_claims.statistics.permutation_pearson`, 0.083 for four evenly spaced units, and the interval
    is as wide as that p-value's; see :func:`pytest_claims.statistics.arithmetic.coefficient.interval_of`.

    Examples
    --------
    >>> round(pearson([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]).value, 2)
    0.8
    """
    a, b = (deviations(column) for column in columns(x=x, y=y))
    n, coefficient = a.values.size, correlate(a, b)
    p_if_perfect = p_of_a_line(a) if coefficient.is_perfect else 0.0
    return _estimate("Pearson r", coefficient, n, 1 / (n - 3), n - 2, p_if_perfect)


def spearman(x: ArrayLike, y: ArrayLike) -> CorrelationEstimate:
    """Spearman's rank correlation; ties get mean ranks.

    With up to nine units the p-value is exact, as in R's ``cor.test``: all pairings of the two columns' ranks
    are counted, ties included. With more it is by Student's t, as in :func:`scipy.stats.spearmanr`, which is
    approximate: with 10 untied units p < 0.05 in 5.4% of samples under no relation.
    :func:`pytest_claims.statistics.permutation_spearman` is exact there too.

    The interval is by Fisher's z with the variance ``(1 + r**2 / 2) / (n - 3)`` of Bonett and Wright (2000),
    doi:10.1007/BF02294183; where |rho| is 1, as that of :func:`pearson`.

    Parameters and errors are those of :func:`pearson`.
    """
    a, b = (rankdata(column) for column in columns(x=x, y=y))
    n, ranks = a.size, deviations(a)
    coefficient = correlate(ranks, deviations(b))
    p_if_perfect = p_of_a_line(ranks) if coefficient.is_perfect else 0.0
    z_variance = (1 + coefficient.r**2 / 2) / (n - 3)
    estimate = _estimate("Spearman rho", coefficient, n, z_variance, n - 2, p_if_perfect)
    if n > RANKS_EXACT_UP_TO:
        return estimate
    return replace(estimate, statistic="Spearman rho (exact p)", p_value=p_of_ranks(a, b))


def partial_pearson(x: ArrayLike, y: ArrayLike, given: ArrayLike) -> CorrelationEstimate:
    """Pearson's correlation of x and y with one column held fixed.

    The correlation of the residuals of x and y on ``given``; one degree of freedom is spent on it, so that it
    is distributed as that of one unit fewer (Fisher 1924). Where |r| is 1, the p-value is therefore
    ``2 / (n - 1)!``.

    Parameters and errors are those of :func:`pearson`; at least 5 values.
    """
    a, b, c = (deviations(column) for column in columns(x=x, y=y, given=given))
    n = a.values.size
    if n < 5:
        raise BrokenMeasurementError(f"x: expected at least 5 values, got {n}")
    coefficient = correlate(_residual("x", a, c), _residual("y", b, c))
    return _estimate("partial Pearson r", coefficient, n, 1 / (n - 4), n - 3, p_of_any_line(n - 1))


def with_resampling(estimate: CorrelationEstimate, replicates: ArrayLike) -> CorrelationEstimate:
    """Widen the interval of a correlation over units by resampling of its measurement.

    The interval of the coefficient then covers both: on Fisher's z scale the variance over units and the
    variance over replicates add (law of total variance). Where the coefficient is 1 or -1 and has no z, the
    interval's near end moves by the whole spread of the replicates. The p-value stays: noise of the
    measurement that does not depend on the other column leaves the test under no correlation valid.

    Parameters
    ----------
    estimate : with an interval
    replicates : (b,) coefficients of resampled measurements, b >= 2

    Raises
    ------
    BrokenMeasurementError
        The estimate has no interval, or fewer than two replicates are finite, or some are not.
    """
    coefficients = np.asarray(replicates, dtype=np.float64)
    if coefficients.ndim != 1 or coefficients.size < 2 or not np.isfinite(coefficients).all():
        raise BrokenMeasurementError("replicates: expected at least two finite coefficients")
    if estimate.ci_low is None or estimate.ci_high is None:
        raise BrokenMeasurementError(f"{estimate.statistic}: expected an interval to widen")
    resampled_low, resampled_high = (float(q) for q in np.quantile(coefficients, [0.025, 0.975]))
    limit = 1 - 1e-12
    z_low, z_high = np.arctanh(np.clip([estimate.ci_low, estimate.ci_high], -limit, limit))
    over_replicates = float(np.var(np.arctanh(np.clip(coefficients, -limit, limit)), ddof=1))
    if abs(estimate.value) == 1:
        moved = Z_95 * math.sqrt(over_replicates)
        low = estimate.ci_low if estimate.value < 0 else math.tanh(z_low - moved)
        high = estimate.ci_high if estimate.value > 0 else math.tanh(z_high + moved)
    else:
        over_units = float((z_high - z_low) / (2 * Z_95)) ** 2
        coefficient = Coefficient(estimate.value, 1 - abs(estimate.value))
        low, high = interval_of(coefficient, over_units + over_replicates, 1, 1.0)
    alone = f"{resampled_low:.2f} to {resampled_high:.2f}"
    return replace(
        estimate,
        ci_low=low,
        ci_high=high,
        detail=f"the interval includes resampling of the measurement, which alone gives {alone}",
        resampled_low=resampled_low,
        resampled_high=resampled_high,
    )


def row_correlations(rows: FloatArray, y: FloatArray) -> FloatArray:
    """Return Pearson's r of each row of (b, n) with y, (b,); NaN where a row is constant."""
    centred, dy = row_deviations(rows), deviations(y).values
    norms = np.sqrt((centred**2).sum(axis=1) * (dy @ dy))
    with np.errstate(invalid="ignore"):
        coefficients: FloatArray = np.clip(centred @ dy / norms, -1, 1)
    return coefficients


def row_partial_correlations(rows: FloatArray, y: FloatArray, given: FloatArray) -> FloatArray:
    """Return the partial correlation of each row of (b, n) with y, holding ``given`` fixed, (b,)."""
    unit, centred, dy = deviations(given).unit, row_deviations(rows), deviations(y).values
    return row_correlations(centred - np.outer(centred @ unit, unit), dy - (dy @ unit) * unit)


def _estimate(
    name: str,
    coefficient: Coefficient,
    n: int,
    z_variance: float,
    degrees_of_freedom: int,
    p_if_perfect: float,
) -> CorrelationEstimate:
    statistic = f"{name} (exact p)" if coefficient.is_perfect else name
    low, high = interval_of(coefficient, z_variance, degrees_of_freedom, p_if_perfect)
    p = p_of(coefficient, degrees_of_freedom, p_if_perfect)
    return CorrelationEstimate(statistic, coefficient.r, n, ci_low=low, ci_high=high, p_value=p)


def _residual(name: str, column: Deviations, given: Deviations) -> Deviations:
    slope = float(given.unit @ column.values)
    residual = column.values - slope * given.unit
    errors = column.errors + abs(slope) * given.unit_errors
    if np.abs(residual).max() <= max(1e-10, 4 * float(errors.max())):
        raise BrokenMeasurementError(f"{name}: expected more than a linear function of the column held fixed")
    centred = deviations(residual)
    return replace(centred, errors=centred.errors + np.ldexp(errors, -centred.exponent))
