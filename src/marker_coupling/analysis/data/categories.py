"""Categories of personas: clusters with correlated persona effects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Categories:
    """A partition of personas, in the personas' order.

    Parameters
    ----------
    codes : (N,) the category of each persona, 0 to G - 1, numbered by first appearance
    order : (N,) personas sorted by category, stable
    starts : (G,) index of each category's first persona in ``order``
    sizes : (G,) personas in each category
    """

    codes: IntArray
    order: IntArray
    starts: IntArray
    sizes: IntArray

    @property
    def count(self) -> int:
        """Number of categories, G."""
        return self.sizes.size

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum over each category's personas: (N, ...) to (G, ...)."""
        return np.add.reduceat(values[self.order], self.starts, axis=0)


def categories_of(labels: Sequence[Hashable] | None, personas: int) -> Categories:
    """Group personas by label; without labels every persona is a category of its own.

    Parameters
    ----------
    labels : (N,) one label for each persona, or ``None``
    personas : N

    Raises
    ------
    AnalysisError
        Another number of labels than of personas.
    """
    given: Sequence[Hashable] = range(personas) if labels is None else labels
    if len(given) != personas:
        raise AnalysisError(f"categories: expected {personas} labels, one a persona, got {len(given)}")
    numbered: dict[Hashable, int] = {}
    codes = np.array([numbered.setdefault(label, len(numbered)) for label in given], dtype=np.int64)
    sizes = np.bincount(codes)
    return Categories(
        codes=codes,
        order=np.argsort(codes, kind="stable"),
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        sizes=sizes,
    )
