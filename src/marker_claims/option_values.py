"""Values of options: read, and held against the bounds that the same value has in a file."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable

from guarded_files import quoted
from guarded_files.schema_values import Mismatch, Real, Whole
from marker_coupling.cluster.address import EXPECTED, parse_address
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.study.experiment_design import SEEDS

_DEVICE = re.compile(r"[a-z]{2,20}(:[0-9]{1,3})?")
_WHOLE = re.compile(r"[0-9]{1,30}")


def bounded(kind: Whole | Real) -> Callable[[str], int | float]:
    """Return what reads a number of a kind.

    Raises
    ------
    argparse.ArgumentTypeError
        The text is no such number; the message says what was expected, bounds included.
    """

    def read(text: str) -> int | float:
        try:
            number = _whole(text) if isinstance(kind, Whole) else float(text)
            return kind.check(number)
        except (ValueError, Mismatch):
            raise argparse.ArgumentTypeError(f"expected {kind}, got {quoted(text)}") from None

    return read


def seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of a list such as ``42,137``; raises as `bounded`."""
    try:
        return tuple(SEEDS.check([_whole(part.strip()) for part in text.split(",")]))
    except ValueError:
        expected = "different whole numbers such as 42,137"
        raise argparse.ArgumentTypeError(f"expected {expected}, got {quoted(text)}") from None
    except Mismatch as mismatch:
        raise argparse.ArgumentTypeError(
            f"expected different whole numbers such as 42,137: {mismatch.problem}"
        ) from None


def path(text: str) -> str:
    """Return a path with its home, which a shell leaves as it is after '='; raises as `bounded`."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"expected a path, got {quoted(text)}")
    return os.path.expanduser(text)  # noqa: PTH111 - workers of pytest-xdist are sent no Path


def device(text: str) -> str:
    """Return the name of a device as PyTorch has it; raises as `bounded`."""
    if not _DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected cpu, cuda, cuda:1 or the like, got {quoted(text)}")
    return text


def ray_address(text: str) -> str:
    """Return the address of a Ray cluster; raises as `bounded`."""
    try:
        return parse_address(text).text
    except ClusterError:
        raise argparse.ArgumentTypeError(f"{EXPECTED}, got {quoted(text)}") from None


def _whole(text: str) -> int:
    # Python also takes underscores and digits of other scripts.
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return int(text)
