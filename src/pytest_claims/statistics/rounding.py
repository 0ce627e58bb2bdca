"""Range of a correlation over all tables that are printed like a rounded one.

The table's true entries lie in a box around the printed ones. The inner range is attained: Pearson's r is
continuous on the box, which is connected, so every value between those at two of its corners is reached.
The outer range is a proof: no table in the box gives anything outside.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.core.numbers import fixed_text
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.arithmetic.coefficient import correlate, p_of_r
from pytest_claims.statistics.arithmetic.deviations import FloatArray, deviations, row_deviations

LARGEST_N = 12
Range = tuple[float, float]


@dataclass(frozen=True)
class AttainableRange:
    """Ranges of Pearson's r and its p-value over a box of tables.

    Parameters
    ----------
    n : number of units
    r_inner, p_inner : every value in these is attained
    r_outer, p_outer : no value outside these is
    """

    n: int
    r_inner: Range
    r_outer: Range
    p_inner: Range
    p_outer: Range


@dataclass(frozen=True)
class ConsistencyEstimate(Estimate):
    """A printed statistic and the range that its table allows.

    Parameters
    ----------
    printed_low, printed_high : the interval of numbers that are printed like this
    inner, outer : as in :class:`AttainableRange`
    """

    printed_low: float = math.nan
    printed_high: float = math.nan
    inner: Range = (math.nan, math.nan)
    outer: Range = (math.nan, math.nan)


def attainable_correlations(
    x: ArrayLike, y: ArrayLike, x_half_width: float, y_half_width: float
) -> AttainableRange:
    """Bound Pearson's r over every table that is printed like this one.

    Parameters
    ----------
    x, y : (n,) float, 4 <= n <= 12
    x_half_width, y_half_width : half a unit of the last printed digit

    Returns
    -------
    AttainableRange
        The inner range is exhaustive over the 2**n corners of x times the 2**n corners of y.

    Notes
    -----
    The outer range's end *farther* from 0 moves the angle between the centred columns: a column moves by
    at most ``half_width * sqrt(n)`` in length, hence turns by at most the arcsine of that over its length,
    and r is the cosine of the angle between the two.

    The end *nearer* to 0 is the inner one, if r has one sign on all corners. The covariance is linear in
    each column, so it then has that sign on the whole box. Say r >= 0; for a fixed y, r >= c >= 0 is
    ``covariance(x) >= c' * length(x)``, a linear function above a convex one, hence a convex set of x: r is
    quasi-concave and least at a corner of x, whatever y, and likewise of y.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`; a half width below 0; more than 12 units; or
        rounding so coarse that a column may be constant.
    """
    a, b = columns(x=x, y=y)
    n = a.size
    if n > LARGEST_N:
        raise BrokenMeasurementError(
            f"x: expected at most {LARGEST_N} values for an exhaustive bound, got {n}"
        )
    if not (0 <= x_half_width < math.inf and 0 <= y_half_width < math.inf):
        raise BrokenMeasurementError(
            f"half widths: expected finite ones, none below 0, got {x_half_width} and {y_half_width}"
        )
    dx, dy = deviations(a), deviations(b)
    x_half = float(np.ldexp(x_half_width, -dx.exponent))
    y_half = float(np.ldexp(y_half_width, -dy.exponent))
    turn = _largest_turn(dx.length, x_half, n) + _largest_turn(dy.length, y_half, n)
    inner = _over_corners(dx.values, dy.values, x_half, y_half)
    coefficient = correlate(dx, dy)
    # The angle between unit vectors whose squared distance is twice the complement.
    angle = 2 * math.asin(math.sqrt(coefficient.complement / 2))
    angle = angle if coefficient.r >= 0 else math.pi - angle
    outer = (math.cos(min(math.pi, angle + turn)), math.cos(max(0.0, angle - turn)))
    outer = (
        inner[0] if inner[0] >= 0 else min(outer[0], inner[0]),
        inner[1] if inner[1] <= 0 else max(outer[1], inner[1]),
    )
    p_inner, p_outer = _p_range(inner, n), _p_range(outer, n)
    # Where there is no rounding at all, the two differ in their last bit, either way.
    p_outer = (min(p_inner[0], p_outer[0]), max(p_inner[1], p_outer[1]))
    return AttainableRange(n, inner, outer, p_inner, p_outer)


def printed_against_attainable(
    name: str, printed: float, half_width: float, inner: Range, outer: Range, n: int
) -> ConsistencyEstimate:
    """Compare a printed statistic with the range that its table allows.

    Parameters
    ----------
    name : of the statistic
    printed, half_width : the printed number, and half a unit of its last digit
    inner, outer : attained and possible range of the statistic
    n : number of units
    """
    printed_low, printed_high = printed - half_width, printed + half_width
    attained = " to ".join(fixed_text(end, 4, (printed_low, printed_high)) for end in inner)
    return ConsistencyEstimate(
        statistic=f"{name} as printed (range that the table's rounding allows)",
        value=printed,
        n=n,
        ci_low=outer[0],
        ci_high=outer[1],
        ci_level=None,
        detail=f"printed {printed:g}, attained {attained}",
        printed_low=printed_low,
        printed_high=printed_high,
        inner=inner,
        outer=outer,
    )


def _over_corners(a: FloatArray, b: FloatArray, a_half: float, b_half: float) -> Range:
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=a.size)))
    corners_b = _unit_rows(b + b_half * signs)
    low, high = 1.0, -1.0
    for start in range(0, len(signs), 256):
        r = _unit_rows(a + a_half * signs[start : start + 256]) @ corners_b.T
        low, high = min(low, float(r.min())), max(high, float(r.max()))
    return max(-1.0, low), min(1.0, high)


def _unit_rows(rows: FloatArray) -> FloatArray:
    if (np.ptp(rows, axis=1) <= 1e-12 * np.abs(rows).max()).any():
        raise BrokenMeasurementError("rounding is so coarse that a column may be constant")
    centred = row_deviations(rows)
    unit: FloatArray = centred / np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return unit


def _largest_turn(length: float, half_width: float, n: int) -> float:
    # Centring is a projection, so the centred column moves no farther than the column.
    reach = half_width * math.sqrt(n)
    if reach >= length:
        raise BrokenMeasurementError("rounding is so coarse that a column may be constant")
    return math.asin(reach / length)


def _p_range(r_range: Range, n: int) -> Range:
    low, high = r_range
    weakest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return p_of_r(max(abs(low), abs(high)), n - 2), p_of_r(weakest, n - 2)
