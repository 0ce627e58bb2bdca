"""Artifacts kept under the key of what determined them: computed once, checked when read, never half there.

An artifact is a folder of files. It is made under another name and then renamed, so that a process killed
at any moment leaves either nothing or the whole. A lock keeps two processes from making the same one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

MANIFEST = "manifest.json"
ROOT_VARIABLE = "MARKER_COUPLING_CACHE"


class StoreError(ValueError):
    """Artifacts cannot be kept: the disk is full, or the folder cannot be written."""


class DamagedArtifactWarning(UserWarning):
    """An artifact differs from what was written and is made again."""


def default_root() -> Path:
    """Return where artifacts go if nobody says otherwise: a folder in the user's cache."""
    named = os.environ.get(ROOT_VARIABLE)
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "marker-coupling"


class ArtifactStore:
    """A folder of artifacts.

    Parameters
    ----------
    root : made when the first artifact is
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of an artifact, made now if it is not there or damaged.

        Parameters
        ----------
        kind : what it is, readable: ``"measurement"``
        key : everything that determines it
        make : fills an empty folder; called at most once at a time over all processes

        Raises
        ------
        StoreError
            The folder cannot be written. Artifacts that were there stay usable.
        """
        digest = hashlib.sha256(key.encode()).hexdigest()[:20]
        final = self.root / kind / digest
        # Who finds it whole needs no lock, so that a store on a read-only disk serves.
        if is_whole(final, key):
            return final
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(final.with_name(f"{digest}.lock")):
                if is_whole(final, key):
                    return final
                if final.exists():
                    warnings.warn(f"{final}: damaged; made again", DamagedArtifactWarning, stacklevel=2)
                    shutil.rmtree(final)
                self._make(final, key, make)
        except OSError as error:
            reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
            raise StoreError(f"{final}: expected to write an artifact there: {reason}") from error
        return final

    def _make(self, final: Path, key: str, make: Callable[[Path], None]) -> None:
        unfinished = Path(tempfile.mkdtemp(prefix=f"{final.name}.", dir=final.parent))
        try:
            make(unfinished)
            files = {
                str(path.relative_to(unfinished)): file_digest(path)
                for path in sorted(unfinished.rglob("*"))
                if path.is_file()
            }
            (unfinished / MANIFEST).write_text(json.dumps({"key": key, "files": files}), encoding="utf-8")
            unfinished.replace(final)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def is_whole(folder: Path, key: str) -> bool:
    """Return whether a folder holds the artifact of ``key`` with every byte that was written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["key"] != key:
            return False
        return all(file_digest(folder / name) == digest for name, digest in manifest["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
