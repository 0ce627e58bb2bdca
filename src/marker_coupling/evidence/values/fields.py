"""Checks of evidence fields: names, finite floats, counts. They return read-only copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from guarded_files.normal_form import first_repeated

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: Beyond this, floats no longer count one by one.
LARGEST_COUNT = 2**53
#: How far a float computation may leave the range of its measure.
RANGE_TOLERANCE = 1e-6


class EvidenceError(ValueError):
    """A body of evidence is malformed; one line naming the field and the expectation."""


def set_fields(instance: object, **fields: object) -> None:
    """Set fields of a frozen dataclass, from its ``__post_init__`` only."""
    for key, value in fields.items():
        object.__setattr__(instance, key, value)


def as_plain(value: Any) -> Any:
    """Convert a value, arrays and dataclasses in it included, to the types of JSON."""
    if is_dataclass(value):
        return {entry.name: as_plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_plain(element) for key, element in value.items()}
    if isinstance(value, tuple | list):
        return [as_plain(element) for element in value]
    return value.tolist() if hasattr(value, "tolist") else value


def distinct_names(key: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return printable, non-empty, distinct names, at least one.

    Names that differ only in case, in spaces or in characters that look the same are not distinct.
    """
    checked = tuple(names)
    for name in checked:
        if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
            raise EvidenceError(f"{key}: expected printable names without outer spaces, got {name!r:.60}")
    if repeated := first_repeated(checked):
        index, before = repeated
        also = "" if before == checked[index] else f", also as {before!r:.60}"
        raise EvidenceError(f"{key}: expected different names, {checked[index]!r:.60} is there twice{also}")
    if not checked:
        raise EvidenceError(f"{key}: expected at least one")
    return checked


def finite_floats(key: str, values: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Return a read-only copy of finite floats of the given shape."""
    try:
        given = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise EvidenceError(f"{key}: expected numbers in shape {shape}") from error
    # Text that looks like a number is none, and a whole number beyond all floats is an object.
    if given.dtype.kind not in "iuf":
        raise EvidenceError(f"{key}: expected numbers in shape {shape}")
    # Adding zero turns -0.0, which would have a digest of its own, into 0.0.
    array = given.astype(np.float64) + 0.0
    if array.shape != shape:
        raise EvidenceError(f"{key}: expected shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise EvidenceError(f"{key}: expected finite numbers")
    array.flags.writeable = False
    return array


def within_range(key: str, values: FloatArray, low: float, high: float) -> FloatArray:
    """Return the values, all of them within a range but for rounding."""
    outside = (values < low - RANGE_TOLERANCE) | (values > high + RANGE_TOLERANCE)
    if outside.any():
        raise EvidenceError(f"{key}: expected values from {low:g} to {high:.6g}, got {values[outside][0]:g}")
    return values


def hits_and_samples(
    prefix: str, hits: ArrayLike, samples: ArrayLike, shape: tuple[int, ...]
) -> tuple[IntArray, IntArray]:
    """Return read-only copies of counts: hits out of samples, of which there is at least one.

    Parameters
    ----------
    prefix : of the fields ``hits`` and ``samples`` in messages
    """
    hit_counts = whole_numbers(f"{prefix}hits", hits, shape)
    sample_counts = whole_numbers(f"{prefix}samples", samples, shape)
    if (sample_counts < 1).any():
        raise EvidenceError(f"{prefix}samples: expected at least 1")
    if (hit_counts < 0).any() or (hit_counts > sample_counts).any():
        raise EvidenceError(f"{prefix}hits: expected counts from 0 to {prefix}samples")
    return hit_counts, sample_counts


def whole_numbers(key: str, values: ArrayLike, shape: tuple[int, ...]) -> IntArray:
    """Return a read-only copy of integers of the given shape."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise EvidenceError(f"{key}: expected whole numbers in shape {shape}") from error
    if array.shape != shape:
        raise EvidenceError(f"{key}: expected shape {shape}, got {array.shape}")
    if array.dtype.kind not in "iu":
        raise EvidenceError(f"{key}: expected whole numbers, got {array.dtype}")
    if array.size and array.max() > LARGEST_COUNT:
        raise EvidenceError(f"{key}: expected counts up to {LARGEST_COUNT}, got {array.max()}")
    counts: IntArray = array.astype(np.int64)
    counts.flags.writeable = False
    return counts
