"""Permutation tests of a correlation: every pairing where that is possible, else a random sample."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from pytest_claims.estimate import CorrelationEstimate
from pytest_claims.statistics.arrays import FloatArray, columns
from pytest_claims.statistics.correlation import mean_ranks, pearson, scaled_deviations, spearman

EXACT_UP_TO = 10
#: Coefficients closer than this differ by rounding only.
TIE_MARGIN = 1e-9
_EDGES = np.linspace(-1, 1, 81)


def permutation_pearson(
    x: ArrayLike, y: ArrayLike, *, resamples: int = 100_000, seed: int = 0
) -> CorrelationEstimate:
    """Pearson's correlation with a p-value from permuting one column.

    Parameters
    ----------
    x, y : (n,) float, n >= 4
    resamples : number of random permutations where n > 10; below, all n! are counted
    seed : of the random permutations

    Returns
    -------
    CorrelationEstimate
        The two-sided p-value is the share of permutations with a coefficient at least as far from 0; for
        random ones (b + 1) / (resamples + 1) after Phipson and Smyth (2010), doi:10.2202/1544-6115.1585.
        The interval is Fisher's.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pearson`.
    """
    a, b = columns(x=x, y=y)
    return _with_permutation_p(pearson(a, b), a, b, resamples, seed)


def permutation_spearman(
    x: ArrayLike, y: ArrayLike, *, resamples: int = 100_000, seed: int = 0
) -> CorrelationEstimate:
    """Spearman's rank correlation with a p-value from permuting one column, valid with ties.

    Parameters, p-value and errors are those of :func:`permutation_pearson`; the interval is that of
    :func:`pytest_claims.statistics.spearman`.
    """
    a, b = columns(x=x, y=y)
    return _with_permutation_p(spearman(a, b), mean_ranks(a), mean_ranks(b), resamples, seed)


def _with_permutation_p(
    observed: CorrelationEstimate, a: FloatArray, b: FloatArray, resamples: int, seed: int
) -> CorrelationEstimate:
    extreme = total = 0
    # Equal sums differ in their last digits; such a pairing is as extreme as the observed one. The margin
    # is absolute, so that it also holds where the observed coefficient is 0.
    threshold = abs(observed.value) - TIE_MARGIN
    for null in _null_coefficients(a, b, resamples, seed):
        extreme += int(np.count_nonzero(np.abs(null) >= threshold))
        total += null.size
    exact = a.size <= EXACT_UP_TO
    p = extreme / total if exact else (extreme + 1) / (total + 1)
    how = f"all {total:,} pairings" if exact else f"{total:,} random pairings"
    return dataclasses.replace(observed, statistic=f"{observed.statistic} ({how})", p_value=p)


def permutation_histogram(
    x: ArrayLike, y: ArrayLike, *, resamples: int = 100_000, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Return the distribution of r under permutation as shares (bins,) and bin edges (bins + 1,)."""
    a, b = columns(x=x, y=y)
    counted = np.zeros(_EDGES.size - 1)
    for null in _null_coefficients(a, b, resamples, seed):
        # Into equally wide bins numpy counts without sorting.
        counted += np.histogram(np.clip(null, -1, 1), counted.size, (-1, 1))[0]
    return counted / counted.sum(), _EDGES


def _null_coefficients(a: FloatArray, b: FloatArray, resamples: int, seed: int) -> Iterator[FloatArray]:
    u, v = _unit(a), _unit(b)
    if a.size <= EXACT_UP_TO:
        yield from _all_pairings(u, v)
        return
    generator = np.random.default_rng(seed)
    block = 4096
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        yield generator.permuted(np.broadcast_to(v, (size, v.size)), axis=1) @ u


def _all_pairings(u: FloatArray, v: FloatArray) -> Iterator[FloatArray]:
    """Yield u . v' for all n! orders v' of v.

    Splitting u in two halves makes each sum one of a few hundred partial sums plus another, so that 10!
    pairings cost as many additions and no more.
    """
    n = u.size
    first, second = u[: n // 2], u[n // 2 :]
    first_orders = np.array(list(itertools.permutations(range(first.size))))
    second_orders = np.array(list(itertools.permutations(range(second.size))))
    for chosen in itertools.combinations(range(n), first.size):
        rest = [index for index in range(n) if index not in chosen]
        sums_first = v[list(chosen)][first_orders] @ first
        sums_second = v[rest][second_orders] @ second
        yield np.add.outer(sums_first, sums_second).ravel()


def _unit(values: FloatArray) -> FloatArray:
    centred = scaled_deviations(values)
    unit: FloatArray = centred / math.sqrt(float(centred @ centred))
    return unit
