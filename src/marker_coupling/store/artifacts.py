"""Artifact store: computed once for each provenance key, verified on reading, written atomically.

An artifact is a folder of files. It is made under another name and then renamed, so that a process killed
at any moment leaves either nothing or the whole. A lock keeps two processes from making the same one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from guarded_files import file_digests

MANIFEST = "manifest.json"
ROOT_VARIABLE = "MARKER_COUPLING_CACHE"
#: Errors of the disk, not of the computation.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO}
#: Messages of libraries that hide the system's error.
_DISK_FULL_TEXTS = ("No space left on device", "Disk quota exceeded", "File too large")


class StoreError(ValueError):
    """Artifacts cannot be kept: the disk is full, or the folder cannot be written."""


class DamagedArtifactWarning(UserWarning):
    """A damaged artifact is computed again."""


def default_root() -> Path:
    """Return the default folder of artifacts: in the user's cache, or as the environment sets it."""
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
        self._checked: dict[Path, tuple[object, ...]] = {}
        self._keys: dict[Path, str] = {}

    def get(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of an artifact, made now if it is not there or damaged.

        Parameters
        ----------
        kind : readable name, such as ``"measurement"``
        key : provenance key: everything that determines the artifact
        make : fills an empty folder; called at most once at a time over all processes

        Raises
        ------
        StoreError
            The folder cannot be written. Artifacts that were there stay usable.
        """
        made = self._get(kind, key, make, timeout_s=-1)
        assert made is not None
        return made

    def try_get(self, kind: str, key: str, make: Callable[[Path], None]) -> Path | None:
        """Do as :meth:`get`, but return None at once where another process is making the artifact."""
        return self._get(kind, key, make, timeout_s=0)

    def find(self, kind: str, key: str) -> Path | None:
        """Return the folder of an artifact that is there and whole; never makes one, never waits."""
        folder = self._folder(kind, key)
        try:
            state = _state(folder)
        except OSError:
            return None
        # Checking takes as long as reading; what has not been touched since need not be read again.
        if self._checked.get(folder) != state:
            if not is_whole(folder, key):
                return None
            self._checked[folder] = state
        return folder

    def keys(self, kind: str) -> Iterator[str]:
        """Yield the keys of all artifacts of a kind, whole or not, in an order that is always the same."""
        if not (self.root / kind).is_dir():
            return
        for folder in sorted((self.root / kind).iterdir()):
            if folder.suffix or not folder.is_dir():
                continue
            if folder not in self._keys:
                try:
                    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
                    self._keys[folder] = str(manifest["key"])
                except (OSError, ValueError, KeyError, TypeError):
                    continue  # damaged; it is computed again when it is asked for
            yield self._keys[folder]

    @contextlib.contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a lock between processes.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        lock = FileLock(self.root / f"{name}.lock")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise _unwritable(self.root, error) from error
        try:
            yield
        finally:
            lock.release()

    def _folder(self, kind: str, key: str) -> Path:
        return self.root / kind / hashlib.sha256(key.encode()).hexdigest()[:20]

    def _get(self, kind: str, key: str, make: Callable[[Path], None], timeout_s: float) -> Path | None:
        # Reading takes no lock, so that a store on a read-only disk serves.
        if (folder := self.find(kind, key)) is not None:
            return folder
        final = self._folder(kind, key)
        lock = FileLock(final.with_name(f"{final.name}.lock"), timeout=timeout_s)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            return None
        except OSError as error:
            raise _unwritable(final, error) from error
        try:
            if (folder := self.find(kind, key)) is not None:
                return folder
            if final.exists():
                warnings.warn(f"{final}: damaged; made again", DamagedArtifactWarning, stacklevel=3)
            try:
                self._make(final, key, make)
            except Exception as error:
                if _is_of_the_disk(error):
                    raise _unwritable(final, error) from error
                raise
        finally:
            lock.release()
        return final

    def _make(self, final: Path, key: str, make: Callable[[Path], None]) -> None:
        # Leftovers of a killed process, and the damaged artifact.
        for old in (*final.parent.glob(f"{final.name}.unfinished-*"), final):
            if old.exists():
                shutil.rmtree(old)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{final.name}.unfinished-", dir=final.parent))
        try:
            make(unfinished)
            paths = sorted(path for path in unfinished.rglob("*") if path.is_file())
            names = [str(path.relative_to(unfinished)) for path in paths]
            files = dict(zip(names, file_digests(paths), strict=True))
            (unfinished / MANIFEST).write_text(json.dumps({"key": key, "files": files}), encoding="utf-8")
            unfinished.replace(final)
            self._checked[final] = _state(final)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def is_whole(folder: Path, key: str) -> bool:
    """Return True if a folder holds the artifact of a key, every file with its recorded digest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["key"] != key:
            return False
        files: dict[str, str] = manifest["files"]
        return file_digests([folder / name for name in files]) == list(files.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _state(folder: Path) -> tuple[object, ...]:
    """Return sizes and times of a folder's files, which change with every write."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if folder / MANIFEST not in files:
        raise FileNotFoundError(folder / MANIFEST)
    stats = [(path, path.stat()) for path in files]
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)


def _is_of_the_disk(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    return any(text in str(error) for text in _DISK_FULL_TEXTS)


def _unwritable(path: Path, error: Exception) -> StoreError:
    text = getattr(error, "strerror", None) or " ".join(str(error).split())[:120]
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in text
    reason = "the disk is full" if full else text
    return StoreError(f"{path}: expected to write an artifact there: {reason}")
