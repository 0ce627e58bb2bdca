"""Folders of artifacts as bytes with digests, and back: what crosses the wire beside JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from marker_coupling.cluster.errors import ClusterError

#: Content by path within a folder.
Files = dict[str, bytes]


def read_files(folder: Path) -> Files:
    """Return the content of every file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of names and contents."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\n{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()


def write_files(folder: Path, files: Mapping[str, bytes], digest: str) -> None:
    """Write files below a folder.

    Raises
    ------
    ClusterError
        They are not those of the digest, or one would lie elsewhere. Nothing is written then.
    """
    for name in files:
        if not is_within(name):
            raise ClusterError(f"expected files below their folder, got {name!r:.80}")
    if digest_of(files) != digest:
        raise ClusterError(f"expected files with digest {digest:.12}, got others: damaged on the way")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def is_within(name: str) -> bool:
    """Return True for a relative path of plain parts."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
    return plain and path.as_posix() == name and name not in ("", ".")
