"""Single units: outliers of a line by externally studentised residuals, influence by leaving one out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import CorrelationEstimate, Estimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.arithmetic.deviations import Deviations, FloatArray, deviations
from pytest_claims.statistics.correlation import pearson

#: Residuals that differ by less than this share are one distance.
_SAME = 1e-9


@dataclass(frozen=True)
class OutlierEstimate(Estimate):
    """The unit farthest from the line that the others make.

    Parameters
    ----------
    label : that unit; of several at one distance, the first
    farthest : all units at that distance
    labels, residuals : (n,) all units, each with its externally studentised residual
    degrees_of_freedom : of the residuals' t distribution, n - 3
    """

    label: str = ""
    farthest: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    residuals: tuple[float, ...] = ()
    degrees_of_freedom: int = 0


def studentised_residuals(x: ArrayLike, y: ArrayLike) -> FloatArray:
    """Externally studentised residuals of the least-squares line of y on x.

    Each residual is divided by its standard error from the fit without that unit, so it follows Student's
    t with n - 3 degrees of freedom (Cook and Weisberg 1982, section 2.2.2).

    Parameters
    ----------
    x, y : (n,) float, n >= 5

    Returns
    -------
    (n,) float

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`; fewer than five values; all others on one line.
    """
    a, b = columns(x=x, y=y)
    n = a.size
    if n < 5:
        raise BrokenMeasurementError(f"x: expected at least 5 values, got {n}")
    x_column, y_column = deviations(a), deviations(b)
    if ((n - 1) / n - x_column.unit**2 <= 1e-12).any():  # 1 less the leverage
        raise BrokenMeasurementError("x: expected the line to rest on more than one unit")
    return np.array([_residual_from_others(x_column, y_column, index) for index in range(n)])


def _residual_from_others(x: Deviations, y: Deviations, index: int) -> float:
    """Return the distance of a unit from the line of the others, in standard errors of that prediction."""
    others = np.arange(x.values.size) != index
    x_others, y_others = x.from_median[others], y.from_median[others]
    x_mean, y_mean = x_others.mean(), y_others.mean()
    dx, dy = x_others - x_mean, y_others - y_mean
    spread = float(dx @ dx)
    slope = float(dx @ dy) / spread
    scatter = float(np.sqrt(np.square(dy - slope * dx).sum()))
    rounding = y.from_median_errors[others].max() + abs(slope) * x.from_median_errors[others].max()
    if scatter <= max(1e-10 * float(np.ptp(y_others)), 4 * float(rounding)):
        raise BrokenMeasurementError("y: expected scatter about the line, got all units but one on it")
    error = y.from_median[index] - y_mean - slope * (x.from_median[index] - x_mean)
    n = dx.size
    prediction_variance = 1 + 1 / n + (x.from_median[index] - x_mean) ** 2 / spread
    return float(error / (scatter * math.sqrt(prediction_variance / (n - 2))))


def outlier(labels: Sequence[str], x: ArrayLike, y: ArrayLike) -> OutlierEstimate:
    """Find the unit with the largest externally studentised residual.

    Parameters
    ----------
    labels : (n,) names
    x, y : (n,) float, n >= 5

    Returns
    -------
    OutlierEstimate
        ``value`` is that residual; the p-value is two-sided and Bonferroni-corrected for having looked at
        all n.

    Raises
    ------
    BrokenMeasurementError
        As :func:`studentised_residuals`.
    """
    residuals = studentised_residuals(x, y)
    n = residuals.size
    _check_labels(labels, n)
    sizes = np.abs(residuals)
    farthest = int(sizes.argmax())
    at_most = float(sizes[farthest]) * (1 - _SAME)
    tied = tuple(label for label, size in zip(labels, sizes, strict=True) if size >= at_most)
    alone = float(2 * special.stdtr(n - 3, -abs(residuals[farthest])))
    lies = "lies" if len(tied) == 1 else "lie"
    return OutlierEstimate(
        statistic=f"externally studentised residual of {labels[farthest]} (Bonferroni p)",
        value=float(residuals[farthest]),
        n=n,
        p_value=min(1.0, n * alone),
        detail=f"{' and '.join(tied)} {lies} farthest from the line; uncorrected p = {alone:.2g}",
        label=labels[farthest],
        farthest=tied,
        labels=tuple(labels),
        residuals=tuple(residuals.tolist()),
        degrees_of_freedom=n - 3,
    )


def critical_residual(degrees_of_freedom: int, units: int, alpha: float) -> float:
    """Return the residual beyond which the farthest of ``units`` is significant at two-sided ``alpha``."""
    return abs(float(special.stdtrit(degrees_of_freedom, alpha / (2 * units))))


@dataclass(frozen=True)
class LeaveOneOut:
    """The correlation of all units but one."""

    left_out: str
    correlation: CorrelationEstimate


def leave_one_out(labels: Sequence[str], x: ArrayLike, y: ArrayLike) -> tuple[LeaveOneOut, ...]:
    """Correlate x and y without each unit in turn.

    Parameters
    ----------
    labels : (n,) names
    x, y : (n,) float, n >= 5

    Returns
    -------
    (n,) in the order of the labels

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`, of the whole or of any part.
    """
    a, b = columns(x=x, y=y)
    _check_labels(labels, a.size)
    return tuple(
        LeaveOneOut(label, pearson(np.delete(a, index), np.delete(b, index)))
        for index, label in enumerate(labels)
    )


def _check_labels(labels: Sequence[str], expected: int) -> None:
    if len(labels) != expected:
        raise BrokenMeasurementError(f"labels: expected {expected}, got {len(labels)}")
