"""Other attributes of an object for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(target: Any, /, **values: Any) -> Iterator[None]:
    """Give an object, such as a module or a configuration, other attributes while the block runs."""
    originals = {name: getattr(target, name) for name in values}
    try:
        for name, value in values.items():
            setattr(target, name, value)
        yield
    finally:
        for name, original in originals.items():
            setattr(target, name, original)
