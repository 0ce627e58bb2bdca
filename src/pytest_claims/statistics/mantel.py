"""Mantel's test of the correlation between two square matrices over the same objects."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import CorrelationEstimate
from pytest_claims.statistics.arithmetic.arrays import MINIMUM_N, columns, numbers
from pytest_claims.statistics.arithmetic.coefficient import correlate, interval_of
from pytest_claims.statistics.arithmetic.deviations import Deviations, FloatArray, deviations, spread_of
from pytest_claims.statistics.arithmetic.pairings import ObservedSum, PairingBlock

EXACT_UP_TO = 7


def off_diagonal(matrix: ArrayLike) -> FloatArray:
    """Return the entries off the diagonal of an (n, n) matrix, row by row, (n * (n - 1),)."""
    square = np.asarray(matrix, dtype=np.float64)
    return square[~np.eye(len(square), dtype=bool)]


def mantel(a: ArrayLike, b: ArrayLike, *, permutations: int = 9999, seed: int = 0) -> CorrelationEstimate:
    """Correlate the off-diagonal entries of two matrices; permute objects, not entries.

    Parameters
    ----------
    a, b : (n, n) float, n >= 4; need not be symmetric
    permutations : random relabellings where n > 7; below, all n! are counted
    seed : of the random relabellings

    Returns
    -------
    CorrelationEstimate
        ``n`` is the number of objects. The two-sided p-value counts relabellings of rows and columns
        together (Mantel 1967); the interval is a jackknife over objects on Fisher's z scale. Where
        leaving out any object changes nothing, as in matrices with a symmetry, or leaves nothing to
        correlate, the variance is that of n independent units instead.

    Raises
    ------
    BrokenMeasurementError
        Not two square matrices of one size, NaN off the diagonal, or constant entries.
    """
    first, second = numbers("a", a), numbers("b", b)
    n = len(first) if first.ndim else 0
    if first.shape != (n, n) or second.shape != (n, n) or n < MINIMUM_N:
        raise BrokenMeasurementError(
            f"expected two square matrices of one size >= {MINIMUM_N}, got {first.shape} and {second.shape}"
        )
    entries = columns(a=off_diagonal(first), b=off_diagonal(second))
    x, y = (deviations(column) for column in entries)
    coefficient, orders = correlate(x, y), _orders(n, permutations, seed)
    as_far = sum(_counts_as_far(x, y, n, orders))
    p = as_far / len(orders) if n <= EXACT_UP_TO else (as_far + 1) / (len(orders) + 1)
    low, high = interval_of(coefficient, _jackknife_variance(first, second), n - 2, p)
    detail = f"{n * (n - 1)} ordered pairs, {len(orders):,} relabellings"
    return CorrelationEstimate(
        "Mantel r", coefficient.r, n, ci_low=low, ci_high=high, p_value=p, detail=detail
    )


def _orders(n: int, permutations: int, seed: int) -> NDArray[np.intp]:
    if n <= EXACT_UP_TO:
        return np.array(list(itertools.permutations(range(n))), dtype=np.intp)
    generator = np.random.default_rng(seed)
    return generator.permuted(np.broadcast_to(np.arange(n), (permutations, n)), axis=1)


def _counts_as_far(x: Deviations, y: Deviations, n: int, orders: NDArray[np.intp]) -> Iterator[int]:
    observed = ObservedSum(x, y)
    places = np.zeros((n, n), dtype=np.intp)
    places[~np.eye(n, dtype=bool)] = np.arange(n * (n - 1))
    rows, columns = np.nonzero(~np.eye(n, dtype=bool))
    no_more = np.empty((1, 0), dtype=np.intp)
    for start in range(0, len(orders), 2000):
        block = orders[start : start + 2000]
        relabelled = places[block[:, rows], block[:, columns]]
        sums = (y.values[relabelled] @ x.values)[:, None]
        yield observed.count_as_far(PairingBlock(sums, relabelled, no_more))


def _jackknife_variance(a: FloatArray, b: FloatArray) -> float:
    n = len(a)
    limit = 1 - 1e-12
    as_if_independent = 1 / (n - 3)  # of n units
    left_out = []
    for index in range(n):
        kept = np.delete(np.arange(n), index)
        x, y = off_diagonal(a[np.ix_(kept, kept)]), off_diagonal(b[np.ix_(kept, kept)])
        if min(spread_of(x), spread_of(y)) <= 1e-12:
            return as_if_independent  # nothing left to correlate
        left_out.append(math.atanh(max(-limit, min(limit, correlate(deviations(x), deviations(y)).r))))
    z = np.array(left_out)
    if np.ptp(z) <= 1e-9 * max(1.0, float(np.abs(z).max())):
        return as_if_independent  # by a symmetry of the matrices all objects are alike
    return float((n - 1) / n * ((z - z.mean()) ** 2).sum())
