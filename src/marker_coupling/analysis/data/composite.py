"""One cosine from many layers: the mean of the standardised cosines at the upper half of the layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers
from marker_coupling.measures.geometry import composite_layers


def upper_half(layers: Sequence[int], blocks: int) -> list[int]:
    """Return the indices of the layers of the composite, the upper half.

    Parameters
    ----------
    layers : k of each layer at hand; 0 is the embedding, k the output of block k
    blocks : number of blocks of the base model

    Raises
    ------
    AnalysisError
        A layer that the base model lacks or that is given twice, or an upper half that is not whole.
    """
    if len(set(layers)) != len(layers) or not all(0 <= layer <= blocks for layer in layers):
        raise AnalysisError(f"layers: expected different numbers from 0 to {blocks}, got {list(layers)}")
    expected = composite_layers(blocks)
    upper = [index for index, layer in enumerate(layers) if layer in expected]
    if len(upper) != len(expected):
        raise AnalysisError(
            f"layers: expected all {len(expected)} above {blocks / 2:g}, got {len(upper)} of them"
        )
    return upper


def composite(cosines: ArrayLike, name: str = "cosines") -> FloatArray:
    """Average layers after giving each of them mean 0 and variance 1 over personas.

    A layer's scale is that of its average over all other axes, so that the composite of averages is the
    average of composites.

    Parameters
    ----------
    cosines : (layers, ..., N), the layers to average

    Returns
    -------
    (..., N) float

    Raises
    ------
    AnalysisError
        Not finite, or a layer that gives all personas one cosine.
    """
    try:
        array = np.asarray(cosines, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"{name}: expected numbers: {error}") from error
    array = numbers(name, array, (None,) * max(array.ndim, 2))
    means = array.mean(axis=tuple(range(1, array.ndim - 1))) if array.ndim > 2 else array
    spread = means.std(axis=1)
    if (spread <= 1e-12 * np.abs(means).max()).any():
        raise AnalysisError(f"{name}: expected cosines that differ between personas at every layer")
    shape = (-1,) + (1,) * (array.ndim - 1)
    average: FloatArray = ((array - means.mean(axis=1).reshape(shape)) / spread.reshape(shape)).mean(axis=0)
    return average
