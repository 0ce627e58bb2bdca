"""Correlation coefficients with intervals and p-values."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.estimate import CorrelationEstimate
from pytest_claims.statistics.arrays import FloatArray, columns
from pytest_claims.verdict import BrokenMeasurementError

#: Two-sided 95% of the normal distribution.
Z_95 = float(special.ndtri(0.975))


def correlation_coefficient(x: FloatArray, y: FloatArray) -> float:
    """Return Pearson's r of two checked columns, within [-1, 1] whatever the rounding."""
    dx, dy = scaled_deviations(x), scaled_deviations(y)
    r = float(dx @ dy / math.sqrt(float(dx @ dx) * float(dy @ dy)))
    return min(1.0, max(-1.0, r))


def scaled_deviations(values: FloatArray) -> FloatArray:
    """Return deviations from the mean, the largest of size 1; direction is all that a correlation uses."""
    # Scaling before and after centring keeps sums and squares of very large and small numbers finite.
    scaled = values / np.abs(values).max()
    centred = scaled - scaled.mean()
    deviations: FloatArray = centred / np.abs(centred).max()
    return deviations


def p_of_r(r: float, degrees_of_freedom: int) -> float:
    """Return the two-sided p-value of r under no correlation, by Student's t."""
    if abs(r) >= 1:
        return 0.0
    t = abs(r) * math.sqrt(degrees_of_freedom / (1 - r * r))
    return float(2 * special.stdtr(degrees_of_freedom, -t))


def fisher_interval(r: float, z_variance: float) -> tuple[float, float]:
    """Return the 95% interval of r from the variance of its Fisher transform."""
    if abs(r) >= 1:
        return r, r
    z, half = math.atanh(r), Z_95 * math.sqrt(z_variance)
    return math.tanh(z - half), math.tanh(z + half)


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

    Examples
    --------
    >>> round(pearson([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]).value, 2)
    0.8
    """
    a, b = columns(x=x, y=y)
    n, r = a.size, correlation_coefficient(a, b)
    low, high = fisher_interval(r, 1 / (n - 3))
    return CorrelationEstimate("Pearson r", r, n, ci_low=low, ci_high=high, p_value=p_of_r(r, n - 2))


def spearman(x: ArrayLike, y: ArrayLike) -> CorrelationEstimate:
    """Spearman's rank correlation; ties get mean ranks.

    The p-value is by Student's t, as in :func:`scipy.stats.spearmanr`; the interval is by Fisher's z with
    the variance ``(1 + r**2 / 2) / (n - 3)`` of Bonett and Wright (2000), doi:10.1007/BF02294183.
    Student's t is approximate here: with 10 untied units p < 0.05 in 5.4% of samples under no relation.
    :func:`pytest_claims.statistics.permutation_spearman` is exact.

    Parameters and errors are those of :func:`pearson`.
    """
    a, b = columns(x=x, y=y)
    n = a.size
    r = correlation_coefficient(mean_ranks(a), mean_ranks(b))
    low, high = fisher_interval(r, (1 + r * r / 2) / (n - 3))
    return CorrelationEstimate("Spearman rho", r, n, ci_low=low, ci_high=high, p_value=p_of_r(r, n - 2))


def partial_pearson(x: ArrayLike, y: ArrayLike, given: ArrayLike) -> CorrelationEstimate:
    """Pearson's correlation of x and y with one column held fixed.

    The correlation of the residuals of x and y on ``given``; one degree of freedom is spent on it.

    Parameters and errors are those of :func:`pearson`; at least 5 values.
    """
    a, b, c = columns(x=x, y=y, given=given)
    n = a.size
    if n < 5:
        raise BrokenMeasurementError(f"x: expected at least 5 values, got {n}")
    residuals = []
    centred = c - c.mean()
    for name, column in (("x", a), ("y", b)):
        slope = (centred @ column) / (centred @ centred)
        residual = column - column.mean() - slope * centred
        if np.abs(residual).max() <= 1e-10 * np.ptp(column):
            raise BrokenMeasurementError(
                f"{name}: expected more than a linear function of the column held fixed"
            )
        residuals.append(residual)
    r = correlation_coefficient(*residuals)
    low, high = fisher_interval(r, 1 / (n - 4))
    return CorrelationEstimate("partial Pearson r", r, n, ci_low=low, ci_high=high, p_value=p_of_r(r, n - 3))


def with_resampling(estimate: CorrelationEstimate, replicates: ArrayLike) -> CorrelationEstimate:
    """Add what resampling the measurement (wordings, questions) says to a correlation over units.

    The interval of the coefficient then covers both: on Fisher's z scale the variance over units and the
    variance over replicates add (law of total variance). The p-value stays: noise of the measurement
    that does not depend on the other column leaves the test under no correlation valid.

    Parameters
    ----------
    estimate : with an interval
    replicates : (b,) coefficients of resampled measurements, b >= 2

    Raises
    ------
    BrokenMeasurementError
        The estimate has no interval, or fewer than two replicates are finite, or some are not.
    """
    drawn = np.asarray(replicates, dtype=np.float64)
    if drawn.ndim != 1 or drawn.size < 2 or not np.isfinite(drawn).all():
        raise BrokenMeasurementError("replicates: expected at least two finite coefficients")
    if estimate.ci_low is None or estimate.ci_high is None:
        raise BrokenMeasurementError(f"{estimate.statistic}: expected an interval to widen")
    limit = 1 - 1e-12
    z_low, z_high = np.arctanh(np.clip([estimate.ci_low, estimate.ci_high], -limit, limit))
    over_units = float((z_high - z_low) / (2 * Z_95)) ** 2
    over_replicates = float(np.var(np.arctanh(np.clip(drawn, -limit, limit)), ddof=1))
    low, high = fisher_interval(estimate.value, over_units + over_replicates)
    resampled_low, resampled_high = (float(q) for q in np.quantile(drawn, [0.025, 0.975]))
    return CorrelationEstimate(
        statistic=estimate.statistic,
        value=estimate.value,
        n=estimate.n,
        ci_low=low,
        ci_high=high,
        p_value=estimate.p_value,
        detail=(
            "the interval includes resampling of the measurement, which alone gives "
            f"{resampled_low:.2f} to {resampled_high:.2f}"
        ),
        resampled_low=resampled_low,
        resampled_high=resampled_high,
    )


def row_correlations(rows: FloatArray, y: FloatArray) -> FloatArray:
    """Return Pearson's r of each row of (b, n) with y, (b,)."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    dy = y - y.mean()
    norms = np.sqrt((centred**2).sum(axis=1) * (dy @ dy))
    found: FloatArray = centred @ dy / norms
    return found


def row_partial_correlations(rows: FloatArray, y: FloatArray, given: FloatArray) -> FloatArray:
    """Return the partial correlation of each row of (b, n) with y, holding ``given`` fixed, (b,)."""
    centred = given - given.mean()
    unit = centred / np.linalg.norm(centred)
    return row_correlations(rows - np.outer(rows @ unit, unit), y - (y @ unit) * unit)


def mean_ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value, counted from 1; equal values share the mean of their ranks."""
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    ranks: FloatArray = (below + up_to + 1) / 2
    return ranks
