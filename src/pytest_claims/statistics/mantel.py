"""Mantel's test: do two square matrices over the same objects go together?"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_claims.estimate import CorrelationEstimate
from pytest_claims.statistics.arrays import MINIMUM_N, FloatArray, columns
from pytest_claims.statistics.correlation import correlation_coefficient, fisher_interval
from pytest_claims.statistics.permutation import TIE_MARGIN
from pytest_claims.verdict import BrokenMeasurementError

EXACT_UP_TO = 7


def off_diagonal(matrix: ArrayLike) -> FloatArray:
    """Return the entries off the diagonal of an (n, n) matrix, row by row, (n * (n - 1),)."""
    square = np.asarray(matrix, dtype=np.float64)
    entries: FloatArray = square[~np.eye(len(square), dtype=bool)]
    return entries


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
        together (Mantel 1967); the interval is a jackknife over objects on Fisher's z scale.

    Raises
    ------
    BrokenMeasurementError
        Not two square matrices of one size, NaN off the diagonal, or constant entries.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    n = len(first) if first.ndim else 0
    if first.shape != (n, n) or second.shape != (n, n) or n < MINIMUM_N:
        raise BrokenMeasurementError(
            f"expected two square matrices of one size >= {MINIMUM_N}, got {first.shape} and {second.shape}"
        )
    r = correlation_coefficient(*columns(a=off_diagonal(first), b=off_diagonal(second)))
    orders = _orders(n, permutations, seed)
    null = _permuted_coefficients(first, second, orders)
    extreme = int(np.count_nonzero(np.abs(null) >= abs(r) - TIE_MARGIN))
    exact = n <= EXACT_UP_TO
    p = extreme / len(orders) if exact else (extreme + 1) / (len(orders) + 1)
    low, high = fisher_interval(r, _jackknife_variance(first, second))
    return CorrelationEstimate(
        "Mantel r",
        r,
        n,
        ci_low=low,
        ci_high=high,
        p_value=p,
        detail=f"{n * (n - 1)} ordered pairs, {len(orders):,} relabellings",
    )


def _orders(n: int, permutations: int, seed: int) -> NDArray[np.intp]:
    if n <= EXACT_UP_TO:
        return np.array(list(itertools.permutations(range(n))), dtype=np.intp)
    generator = np.random.default_rng(seed)
    return generator.permuted(np.broadcast_to(np.arange(n), (permutations, n)), axis=1)


def _permuted_coefficients(a: FloatArray, b: FloatArray, orders: NDArray[np.intp]) -> FloatArray:
    u, v = _unit_off_diagonal(a), _unit_off_diagonal(b)
    coefficients = np.empty(len(orders))
    for start in range(0, len(orders), 2000):
        block = orders[start : start + 2000]
        relabelled = v[block[:, :, None], block[:, None, :]]
        coefficients[start : start + 2000] = np.einsum("bij,ij->b", relabelled, u)
    return coefficients


def _unit_off_diagonal(matrix: FloatArray) -> FloatArray:
    entries = off_diagonal(matrix)
    unit = matrix - entries.mean()
    np.fill_diagonal(unit, 0.0)
    scaled: FloatArray = unit / np.sqrt((unit**2).sum())
    return scaled


def _jackknife_variance(a: FloatArray, b: FloatArray) -> float:
    n = len(a)
    limit = 1 - 1e-12
    left_out = []
    for index in range(n):
        kept = np.delete(np.arange(n), index)
        x, y = off_diagonal(a[np.ix_(kept, kept)]), off_diagonal(b[np.ix_(kept, kept)])
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            return 1 / (n - 3)  # nothing left to correlate: fall back on n independent units
        left_out.append(math.atanh(max(-limit, min(limit, correlation_coefficient(x, y)))))
    z = np.array(left_out)
    return float((n - 1) / n * ((z - z.mean()) ** 2).sum())
