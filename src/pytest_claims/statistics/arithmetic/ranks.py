"""Exact distribution of the sum of products of two columns of ranks under no relation."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from pytest_claims.statistics.arithmetic.deviations import FloatArray
from pytest_claims.statistics.arithmetic.pairings import all_pairings

#: Up to so many units rho's p-value is exact; R's ``cor.test`` counts all pairings up to as many.
EXACT_UP_TO = 9


def p_of_ranks(a: FloatArray, b: FloatArray) -> float:
    """Return the exact two-sided p-value of Spearman's rho: the share of all n! pairings as far from 0.

    Parameters
    ----------
    a, b : (n,) mean ranks, n <= 9 or so, as all n! pairings are counted
    """
    # Twice a mean rank is a whole number, and so is all that follows; ties are ties.
    first, second = (np.rint(2 * ranks).astype(np.int64) for ranks in (a, b))
    expected = int(first.sum() * second.sum())
    # Fewer orders of the column with more ties.
    kinds = sorted((first, second), key=lambda ranks: -len(set(ranks.tolist())))
    products, counts = _distribution(*(tuple(sorted(ranks.tolist())) for ranks in kinds))
    observed = abs(first.size * int(first @ second) - expected)
    as_far = np.abs(first.size * products - expected) >= observed
    return float(counts[as_far].sum() / counts.sum())


@functools.lru_cache(maxsize=256)
def _distribution(
    first: tuple[int, ...], second: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct sums of products over all pairings, and the number of pairings of each."""
    counts = np.zeros(int(np.dot(first, second)) + 1, dtype=np.int64)  # both rising: the largest sum
    for block in all_pairings(np.array(first), np.array(second)):
        counts += block.ways * np.bincount(block.sums.ravel(), minlength=counts.size)
    products = np.flatnonzero(counts)
    return products, counts[products]
