"""Means of units with their interval, and the difference of two rates."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import columns, counts
from pytest_claims.statistics.arithmetic.deviations import deviations
from pytest_claims.statistics.proportions import wilson


def mean_of(values: ArrayLike, statistic: str = "mean") -> Estimate:
    """Mean over units with Student's interval and test against 0, as ``scipy.stats.ttest_1samp``.

    Parameters
    ----------
    values : (n,) at least four, not all alike
    statistic : name of the mean

    Raises
    ------
    BrokenMeasurementError
        The values cannot carry a mean.
    """
    (array,) = columns(values=values)
    column, n = deviations(array), array.size
    mean = math.fsum(column.column) / n  # of the column's unit, as are the error and the interval
    error = column.length / math.sqrt(n * (n - 1))
    half = float(special.stdtrit(n - 1, 0.975)) * error
    value, low, high = (float(np.ldexp(end, column.exponent)) for end in (mean, mean - half, mean + half))
    p = float(2 * special.stdtr(n - 1, -abs(mean / error)))
    return Estimate(statistic, value, n, ci_low=low, ci_high=high, p_value=p)


def rate_difference(
    hits: int, samples: int, other_hits: int, other_samples: int, statistic: str = "difference of rates"
) -> Estimate:
    """Difference of two independent rates with Newcombe's hybrid score interval, his method 10.

    Parameters
    ----------
    hits, samples : of the rate from which the other is subtracted
    other_hits, other_samples : of the other one

    Returns
    -------
    Estimate
        Its p-value is Fisher's exact one; ``n`` counts the samples of both.

    Raises
    ------
    BrokenMeasurementError
        The counts are not such.

    Notes
    -----
    With Wilson intervals (l1, u1) and (l2, u2) of the rates p1 and p2 and d = p1 - p2, the interval is
    d - sqrt((p1 - l1)^2 + (u2 - p2)^2) to d + sqrt((u1 - p1)^2 + (p2 - l2)^2) (Newcombe 1998, Statistics in
    Medicine 17, 873-890).
    """
    (first, second), (n1, n2) = counts([hits, other_hits], [samples, other_samples])
    p1, p2 = first / n1, second / n2
    (low1, low2), (high1, high2) = wilson([first, second], [n1, n2])
    p_value = stats.fisher_exact(np.array([[first, n1 - first], [second, n2 - second]])).pvalue
    return Estimate(
        statistic,
        float(p1 - p2),
        int(n1 + n2),
        ci_low=float(p1 - p2 - math.hypot(p1 - low1, high2 - p2)),
        ci_high=float(p1 - p2 + math.hypot(high1 - p1, p2 - low2)),
        p_value=float(p_value),
    )
