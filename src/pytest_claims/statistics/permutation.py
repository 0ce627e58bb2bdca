"""Permutation tests of a correlation: every pairing where that is possible, else a random sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from pytest_claims.core.estimate import CorrelationEstimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.arithmetic.deviations import Deviations, FloatArray, deviations
from pytest_claims.statistics.arithmetic.pairings import (
    EXACT_UP_TO,
    ObservedSum,
    PairingBlock,
    all_pairings,
    random_pairings,
)
from pytest_claims.statistics.correlation import pearson, spearman

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
    return _with_permutation_p(pearson(a, b), "Pearson r", deviations(a), deviations(b), resamples, seed)


def permutation_spearman(
    x: ArrayLike, y: ArrayLike, *, resamples: int = 100_000, seed: int = 0
) -> CorrelationEstimate:
    """Spearman's rank correlation with a p-value from permuting one column, valid with ties.

    Parameters, p-value and errors are those of :func:`permutation_pearson`; the interval is that of
    :func:`pytest_claims.statistics.spearman`.
    """
    a, b = columns(x=x, y=y)
    ranks_a, ranks_b = deviations(rankdata(a)), deviations(rankdata(b))
    return _with_permutation_p(spearman(a, b), "Spearman rho", ranks_a, ranks_b, resamples, seed)


def _with_permutation_p(
    observed: CorrelationEstimate, name: str, a: Deviations, b: Deviations, resamples: int, seed: int
) -> CorrelationEstimate:
    as_far = total = 0
    if a.values.size <= EXACT_UP_TO and np.unique(a.column).size < np.unique(b.column).size:
        a, b = b, a  # fewer orders of the column with more ties
    observed_sum = ObservedSum(a, b)
    for block in _pairings(a, b, resamples, seed):
        as_far += observed_sum.count_as_far(block)
        total += block.total
    exact = a.values.size <= EXACT_UP_TO
    p = as_far / total if exact else (as_far + 1) / (total + 1)
    how = f"all {total:,} pairings" if exact else f"{total:,} random pairings"
    return dataclasses.replace(observed, statistic=f"{name} ({how})", p_value=p)


def permutation_histogram(
    x: ArrayLike, y: ArrayLike, *, resamples: int = 100_000, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Return the distribution of r under permutation as shares (bins,) and bin edges (bins + 1,)."""
    a, b = (deviations(column) for column in columns(x=x, y=y))
    counted = np.zeros(_EDGES.size - 1)
    for block in _pairings(a, b, resamples, seed):
        # Into equally wide bins numpy counts without sorting.
        null = np.clip(block.sums / (a.length * b.length), -1, 1)
        counted += block.ways * np.histogram(null, counted.size, (-1, 1))[0]
    return counted / counted.sum(), _EDGES


def _pairings(a: Deviations, b: Deviations, resamples: int, seed: int) -> Iterator[PairingBlock]:
    if a.values.size <= EXACT_UP_TO:
        return all_pairings(a.values, b.values)
    return random_pairings(a.values, b.values, resamples, seed)
