"""Sums of products over all n! pairings of two columns or ranks, or random ones, and their distance from 0.

Sums that are equal in truth differ in their last digits, by more the larger the numbers are, so that no fixed
margin tells ties from sums that differ. Every sum that lies within the error of any sum from the observed one
is therefore held against it term by term, and ties with it if the difference is within its own error.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_claims.statistics.arithmetic.deviations import Deviations, FloatArray

#: Up to so many units all n! pairings are counted.
EXACT_UP_TO = 10
#: Up to so many units rho's p-value is exact; R's ``cor.test`` counts all pairings up to as many.
RANKS_EXACT_UP_TO = 9
_EPSILON = float(np.finfo(np.float64).eps)
_BLOCK = 4096
IndexArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PairingBlock:
    """A block of pairings.

    Parameters
    ----------
    sums : (rows, columns) sums of products; pairing (i, j) joins two halves of one
    first, second : (rows, n // 2) and (columns, n - n // 2) which entries of the second column go with the
        first half of the first column, and which with its other half
    ways : number of pairings that each sum stands for, as equal values may change places
    """

    sums: NDArray[Any]
    first: IndexArray
    second: IndexArray
    ways: int = 1

    @property
    def total(self) -> int:
        """Number of pairings."""
        return self.ways * self.sums.size

    def orders(self, chosen: NDArray[np.bool_]) -> IndexArray:
        """Return the order of the second column in each chosen pairing, (chosen, n)."""
        rows, columns = np.nonzero(chosen)
        return np.concatenate([self.first[rows], self.second[columns]], axis=1)


def all_pairings(u: NDArray[Any], v: NDArray[Any]) -> Iterator[PairingBlock]:
    """Yield u . v' for all n! orders v' of v; orders that equal values make alike are one sum.

    Splitting u in two halves makes each sum one of a few hundred partial sums plus another, so that 10!
    pairings cost as many additions and no more.
    """
    n = u.size
    first, second = u[: n // 2], u[n // 2 :]
    kinds = np.unique(v, return_inverse=True)[1]
    halves: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for chosen in itertools.combinations(range(n), first.size):
        halves.setdefault(tuple(sorted(kinds[list(chosen)].tolist())), []).append(chosen)
    for alike in halves.values():
        rest = tuple(index for index in range(n) if index not in alike[0])
        at_first, ways_first = _distinct_orders(alike[0], kinds)
        at_second, ways_second = _distinct_orders(rest, kinds)
        sums = np.add.outer(v[at_first] @ first, v[at_second] @ second)
        yield PairingBlock(sums, at_first, at_second, len(alike) * ways_first * ways_second)


def _distinct_orders(chosen: tuple[int, ...], kinds: IndexArray) -> tuple[IndexArray, int]:
    """Return the orders of some entries that differ in kind, and the number of orders each stands for."""
    orders = np.array(list(itertools.permutations(chosen)), dtype=np.intp)
    if len(set(kinds[list(chosen)].tolist())) == len(chosen):
        return orders, 1
    distinct = orders[np.unique(kinds[orders], axis=0, return_index=True)[1]]
    return distinct, len(orders) // len(distinct)


def random_pairings(u: FloatArray, v: FloatArray, resamples: int, seed: int) -> Iterator[PairingBlock]:
    """Yield u . v' for random orders v' of v."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        orders = generator.permuted(np.broadcast_to(np.arange(v.size), (size, v.size)), axis=1)
        yield PairingBlock((v[orders] @ u)[:, None], orders, np.empty((1, 0), dtype=np.intp))


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


class ObservedSum:
    """The observed sum of products of two columns, to compare those of other pairings with.

    Parameters
    ----------
    x, y : the columns, paired as observed

    Notes
    -----
    A sum S' is at least as far from 0 as the observed S if ``(S' - S) (S' + S) >= 0``. The first factor is
    the sum of ``x (y' - y)``, in which both columns are counted from their medians: a pair of outliers that
    stays together is not in it, and where one moves, the others are small. The second is the sum of
    ``x (y' + y)``, for which x must be counted from its mean.
    """

    def __init__(self, x: Deviations, y: Deviations) -> None:
        self.value = float(x.values @ y.values)
        arithmetic = _EPSILON * x.values.size
        self._x, self._x_errors = x.values, x.errors + arithmetic * np.abs(x.values)
        self._x_from_median = x.from_median
        self._x_from_median_errors = x.from_median_errors + arithmetic * np.abs(x.from_median)
        self._y, self._y_errors = y.from_median, y.from_median_errors
        sizes_x, sizes_y = np.sort(np.abs(x.values)), np.sort(np.abs(y.values))
        # Of all pairings, the one in order of size has the largest sum.
        self._any_error = 2 * float(sizes_x @ np.sort(y.errors) + np.sort(self._x_errors) @ sizes_y)

    def count_as_far(self, block: PairingBlock) -> int:
        """Count a block's pairings with a sum at least as far from 0 as the observed one."""
        beyond = np.abs(block.sums) - abs(self.value)
        in_doubt = np.abs(beyond) <= self._any_error
        farther = int(np.count_nonzero(beyond > self._any_error))
        return block.ways * (farther + int(np.count_nonzero(self._is_as_far(block.orders(in_doubt)))))

    def _is_as_far(self, orders: IndexArray) -> NDArray[np.bool_]:
        """Return True for each order of the second column, (k, n), whose sum is as far from 0, (k,)."""
        rearranged, errors = self._y[orders], self._y_errors[orders] + self._y_errors
        change = rearranged - self._y
        errors_of_change = np.where(change == 0, 0.0, errors)
        difference, at_most = _sum(self._x_from_median, self._x_from_median_errors, change, errors_of_change)
        total, at_most_total = _sum(self._x, self._x_errors, rearranged + self._y, errors)
        ties = (np.abs(difference) <= at_most) | (np.abs(total) <= at_most_total)
        as_far: NDArray[np.bool_] = ties | ((difference > 0) == (total > 0))
        return as_far


def _sum(
    x: FloatArray, x_errors: FloatArray, terms: FloatArray, errors: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the sums of x with each row of terms, and bounds on their errors."""
    return terms @ x, np.abs(terms) @ x_errors + errors @ np.abs(x)
