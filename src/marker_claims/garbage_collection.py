"""Garbage collection around imports of a million objects that last as long as the process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen_imports() -> Iterator[None]:
    """Import PyTorch or transformers inside: the collector looks at their objects neither now nor later."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def skip_last_collection() -> None:
    """Spare the interpreter a last collection, which takes seconds where transformers has been imported."""
    gc.freeze()
