"""Checks of columns and counts: a statistic refuses numbers that cannot carry it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.statistics.arithmetic.deviations import FloatArray, spread_of

MINIMUM_N = 4
#: Spread of a column of equal numbers, which has rounding errors.
CONSTANT = 1e-12
#: Beyond it whole numbers have gaps in a float.
LARGEST_COUNT = 2**53


def columns(**named: ArrayLike) -> tuple[FloatArray, ...]:
    """Return the named columns as float arrays.

    Raises
    ------
    BrokenMeasurementError
        A column is not one-dimensional, holds text, NaN or infinity, is constant or shorter than four, or
        its length differs from the first one's.
    """
    arrays: list[FloatArray] = []
    for name, values in named.items():
        array = numbers(name, values)
        if array.ndim != 1:
            raise BrokenMeasurementError(f"{name}: expected one dimension, got {array.ndim}")
        if array.size < MINIMUM_N:
            raise BrokenMeasurementError(f"{name}: expected at least {MINIMUM_N} values, got {array.size}")
        if not np.isfinite(array).all():
            raise BrokenMeasurementError(
                f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}"
            )
        if arrays and array.size != arrays[0].size:
            first = next(iter(named))
            raise BrokenMeasurementError(
                f"{name}: expected {arrays[0].size} values, as {first} has, got {array.size}"
            )
        if spread_of(array) <= CONSTANT:
            raise BrokenMeasurementError(f"{name}: expected values that differ, got a constant column")
        arrays.append(array)
    return tuple(arrays)


def counts(hits: ArrayLike, samples: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return counts of hits out of samples.

    Raises
    ------
    BrokenMeasurementError
        Shapes differ, a count is no whole number or above 2**53, or not ``0 <= hits <= samples`` and
        ``samples > 0``.
    """
    hit, sample = numbers("hits", hits), numbers("samples", samples)
    if hit.shape != sample.shape or hit.size == 0:
        raise BrokenMeasurementError(
            f"hits and samples: expected one shape, got {hit.shape} and {sample.shape}"
        )
    for name, array in (("hits", hit), ("samples", sample)):
        if not np.isfinite(array).all() or (array != np.floor(array)).any():
            raise BrokenMeasurementError(f"{name}: expected whole numbers")
        if (array > LARGEST_COUNT).any():
            raise BrokenMeasurementError(f"{name}: expected at most 2**53, got {array.max():.4g}")
    if (hit < 0).any() or (hit > sample).any() or (sample <= 0).any():
        raise BrokenMeasurementError("hits and samples: expected 0 <= hits <= samples and samples > 0")
    return hit.astype(np.int64), sample.astype(np.int64)


def numbers(name: str, values: ArrayLike) -> FloatArray:
    """Return values as floats.

    Raises
    ------
    BrokenMeasurementError
        It holds text, or rows of different lengths.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BrokenMeasurementError(f"{name}: expected numbers, {error}") from error
