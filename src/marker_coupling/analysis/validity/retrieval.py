"""Retrieval of a persona's name by its description: share of nearest names that are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from marker_coupling.analysis.data.arrays import AnalysisError, numbers


@dataclass(frozen=True)
class Retrieval:
    """Descriptions that lie nearest their own persona's name.

    Parameters
    ----------
    hits, descriptions : hits out of all descriptions; a tie with another name is no hit
    share, chance : hits over descriptions, and its expectation by chance
    low : one-sided lower 95% bound of the share (Clopper and Pearson)
    p_binomial : as if descriptions were independent
    p_permutation : names are given to other personas, so that descriptions of one persona stay together
    """

    hits: int
    descriptions: int
    share: float
    chance: float
    low: float
    p_binomial: float
    p_permutation: float


def nearest_names(similarity: ArrayLike, *, permutations: int = 9_999, seed: int = 0) -> Retrieval:
    """Look up each description among all names.

    Parameters
    ----------
    similarity : (D, N, N) between description d of persona i and the name of persona j
    permutations, seed : of the names

    Raises
    ------
    AnalysisError
        Another shape, or fewer than two personas.
    """
    values = numbers("similarity", similarity, (None, None, None))
    descriptions, n, names = values.shape
    if n != names or n < 2:
        raise AnalysisError(f"similarity: expected (descriptions, personas, personas), got {values.shape}")
    best = values.max(axis=2)
    unique = (values == best[..., None]).sum(axis=2) == 1
    nearest = np.where(unique, values.argmax(axis=2), -1)  # (D, N)
    hits = int(np.count_nonzero(nearest == np.arange(n)))
    generator = np.random.default_rng(seed)
    orders = generator.permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)
    permuted = np.sum([np.count_nonzero(orders == row, axis=1) for row in nearest], axis=0)
    total = descriptions * n
    test = stats.binomtest(hits, total, 1 / n, alternative="greater")
    return Retrieval(
        hits=hits,
        descriptions=total,
        share=hits / total,
        chance=1 / n,
        low=float(test.proportion_ci(0.95, method="exact").low),
        p_binomial=float(test.pvalue),
        p_permutation=float((np.count_nonzero(permuted >= hits) + 1) / (permutations + 1)),
    )
