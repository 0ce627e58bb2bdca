"""Errors with names; each is one line that says what was expected."""

from __future__ import annotations


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


def expect(name: str, value: object, expected: str, is_so: bool) -> None:
    """Raise a ManyLoraError that names a setting and the expected values, unless it has one of them."""
    if not is_so:
        raise ManyLoraError(f"{name}: expected {expected}, got {value!r:.40}")
