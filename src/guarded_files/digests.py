"""Digests of files, several taken at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

#: Files whose digests are taken at the same time, each on a core.
_READ_AT_ONCE = 4


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digests(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of files, several at the same time."""
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        return list(pool.map(file_digest, paths))
