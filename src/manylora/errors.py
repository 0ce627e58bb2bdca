"""Errors with names; each is one line that says what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class BaseModelError(ValueError):
    """A base model cannot be had or is not whole; one line naming what, and what was expected."""


class ManyLoraError(ValueError):
    """Adapters cannot be trained or sampled so; one line naming what, and what was expected."""


class TrainingDivergedError(ManyLoraError):
    """A loss is not finite."""


class NotEnoughMemoryError(ManyLoraError):
    """A GPU does not hold the smallest step."""


class AdapterFileError(ManyLoraError):
    """A saved adapter cannot be used."""


@contextmanager
def reworded(
    kind: type[ValueError], expected: str, *passing: type[Exception], names_type: bool = False
) -> Iterator[None]:
    """Raise in one line what a library or a model raises in the block, which may be anything.

    Parameters
    ----------
    kind, expected : the error, and how it begins: what was named, and what was expected of it
    passing : errors that stay as they are, as those of the kind do and a lack of memory
    names_type : say the type of the library's error, too
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (MemoryError, kind, *passing)):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = f"{type(error).__name__}: {reason}" if names_type else reason
        raise kind(f"{expected}: {reason:.200}") from error


def expect(name: str, value: object, expected: str, is_so: bool) -> None:
    """Raise a ManyLoraError that names a setting and the expected values, unless it has one of them."""
    if not is_so:
        raise ManyLoraError(f"{name}: expected {expected}, got {value!r:.40}")
