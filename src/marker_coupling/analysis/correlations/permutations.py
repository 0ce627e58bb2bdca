"""Permutations of personas that keep categories together."""

from __future__ import annotations

import numpy as np

from marker_coupling.analysis.data.arrays import IntArray
from marker_coupling.analysis.data.categories import Categories


def block_permutations(categories: Categories, count: int, generator: np.random.Generator) -> IntArray:
    """Draw permutations that exchange whole categories of one size and personas within a category.

    Exchangeable under a random effect of category are categories of one size with each other, and the
    personas of a category (Winkler, Webster, Vidaurre, Nichols and Smith 2015,
    doi:10.1016/j.neuroimage.2015.05.092). Where every persona is a category, all permutations.

    Parameters
    ----------
    count : number of permutations, drawn with replacement

    Returns
    -------
    (count, N) int; row p puts persona ``row[i]`` in the place of persona i
    """
    permuted = np.empty((count, categories.codes.size), dtype=np.int64)
    for size in np.unique(categories.sizes):
        starts = categories.starts[categories.sizes == size]
        members = categories.order[starts[:, None] + np.arange(size)]  # (g, size)
        blocks = np.argsort(generator.random((count, starts.size)), axis=1)
        moved = members[blocks]  # (count, g, size)
        if size > 1:
            moved = np.take_along_axis(moved, np.argsort(generator.random(moved.shape), axis=2), axis=2)
        permuted[:, members] = moved
    return permuted
