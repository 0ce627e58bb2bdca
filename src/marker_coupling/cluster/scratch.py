"""Scratch folders of workers, which Ray ends without notice: what dead ones left is removed by the next."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX, _LOCK = "marker-coupling-worker-", "lock"


class Scratch:
    """A folder that lasts as long as this process, by a lock in it.

    Parameters
    ----------
    parent : where scratch folders are; by default the system's temporary folder
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        _sweep(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock = FileLock(self.folder / _LOCK)
        self._lock.acquire()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for lock in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            with FileLock(lock, timeout=0):
                shutil.rmtree(lock.parent, ignore_errors=True)
        except (OSError, Timeout):  # of somebody else, or of a living worker
            continue
