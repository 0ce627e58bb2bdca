"""Validation of input arrays; every message names the array and the expectation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class AnalysisError(ValueError):
    """An array that cannot carry the analysis: not finite, constant, too small or of another shape."""


def numbers(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> FloatArray:
    """Return finite numbers of a given shape as a read-only float array.

    Parameters
    ----------
    name : the array in messages
    values : anything that numpy reads as numbers
    shape : expected length of each axis; ``None`` where any length from 1 will do

    Raises
    ------
    AnalysisError
        No numbers, another shape, NaN or infinity.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise AnalysisError(f"{name}: expected numbers: {error}") from error
    fits = array.ndim == len(shape) and all(
        length > 0 if expected is None else length == expected
        for length, expected in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise AnalysisError(f"{name}: expected shape ({wanted}), got {array.shape}")
    if not np.isfinite(array).all():
        raise AnalysisError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)].flat[0]}")
    array.flags.writeable = False
    return array


def varies(values: FloatArray) -> bool:
    """Tell whether numbers differ by more than rounding."""
    return bool(np.ptp(values) > 1e-12 * np.abs(values).max())


def counts(
    name: str, hits: ArrayLike, samples: ArrayLike, shape: tuple[int | None, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return counts of hits out of samples, as floats; one number of samples serves all cells.

    Raises
    ------
    AnalysisError
        A count is no whole number, or not ``0 <= hits <= samples`` and ``samples >= 1``.
    """
    hit = numbers(f"{name} hits", hits, shape)
    sample = np.asarray(samples)
    sample = numbers(f"{name} samples", np.full(hit.shape, sample) if sample.ndim == 0 else sample, hit.shape)
    for kind, array in (("hits", hit), ("samples", sample)):
        if (array != np.floor(array)).any():
            raise AnalysisError(
                f"{name} {kind}: expected whole numbers, got {array[array != np.floor(array)][0]}"
            )
    if (hit < 0).any() or (sample < 1).any() or (hit > sample).any():
        raise AnalysisError(f"{name}: expected 0 <= hits <= samples and at least one sample")
    return hit, sample
