"""Writing into the ledger's folder: files of ours are replaced, and no others.

Only an empty folder, a new one, or one that is ours (see :mod:`.mark`) is written into, and files in
it that are not ours stay as they are. A partial run never takes the place of a whole one: the last whole
ledger moves to the folder ``whole``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_claims.core.figures import DIRECTORY as FIGURES
from pytest_claims.core.figures import digest_of
from pytest_claims.ledger.mark import (
    MARK,
    STAGING_PREFIX,
    LedgerFolderError,
    Standing,
    looks_like_ours,
    marked_ledger,
    standing_ledger,
    unmarked_ledger,
    write_mark,
)

WHOLE = "whole"
#: The last ledger's report in the staging folder, where pytest writes its own over it.
LAST_REPORT = "last-junit.xml"
#: A figure as CI systems are told of it, at the end of its path.
_ATTACHED = re.compile(rb"(\[\[ATTACHMENT\|[^\]\n]*?)(figures/[^/\]\n]+\]\])")
_LOCK_TIMEOUT_S = 60.0


def create_staging(ledger: Path | None) -> Path:
    """Make a fresh staging folder, on the file system of ``ledger`` if there is one.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    if ledger is None:
        return Path(tempfile.mkdtemp(prefix=STAGING_PREFIX))
    # A folder that can be made here shows that the ledger's can, which is not made before there is a verdict.
    existing = next(folder for folder in (ledger, *ledger.parents) if folder.exists())
    return Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=existing))


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against other runs that would write into it.

    Raises
    ------
    LedgerFolderError
        Another run takes too long.
    """
    from filelock import FileLock, Timeout  # only a run that writes a ledger needs it

    # Beside the ledger's files the lock would be one more that is not the user's. Users do not share it: on
    # some systems one user cannot open what another left in the folder for temporary files.
    user = os.getuid() if hasattr(os, "getuid") else 0
    name = f"pytest-claims-{user}-{digest_of(str(folder.resolve()))}.lock"
    lock = FileLock(Path(tempfile.gettempdir()) / name, timeout=_LOCK_TIMEOUT_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise LedgerFolderError(
            f"another run has been writing into it for {_LOCK_TIMEOUT_S:.0f} s"
        ) from error
    except OSError:
        pass  # no lock is to be had there; a ledger without one is better than none
    try:
        yield
    finally:
        lock.release()


def publish(
    staged: Path,
    folder: Path,
    documents: Mapping[str, bytes],
    *,
    partial: bool,
    judged: int,
    beside: str = "",
) -> list[str]:
    """Replace our files in a folder by a run's documents and its staged figures.

    Everything is written beside its place first and renamed then, so that a full disk leaves the last ledger.

    Parameters
    ----------
    staged : the run's staging folder, on the same file system
    documents : content by name
    partial : the run was partial, so that a whole ledger is kept
    judged : number of judgements that are no errors
    beside : as for :func:`standing_ledger`

    Returns
    -------
    list of str
        Paths at which the user has a file, so that ours was not written.

    Raises
    ------
    LedgerFolderError, OSError
        The folder is not ours or cannot be written; what stood there stands.
    """
    standing = standing_ledger(folder, beside)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents.items():
        (staged / name).write_bytes(content)
    figures = sorted(f"{FIGURES}/{path.name}" for path in (staged / FIGURES).glob("*"))
    _refuse_links_out(folder)
    taken = [name for name in figures if name not in standing.files and (folder / name).exists()]
    new = [name for name in (*figures, *documents) if name not in taken]
    keeps_whole = partial and not standing.partial and standing.judged > 0
    if keeps_whole:
        if (staged / LAST_REPORT).exists():
            (staged / LAST_REPORT).replace(folder / "junit.xml")
        _keep_whole(staged, folder, standing)
    # Until all is in place, both the old files and the new are ours.
    write_mark(staged, folder, Standing((*standing.files, *new), partial=True))
    _move(staged, folder, new)
    _remove(folder, set(standing.files) - set(new))
    write_mark(staged, folder, Standing(tuple(new), partial, judged))
    if not partial:
        _remove_ours(folder / WHOLE)
    return taken


def add_documents(
    folder: Path, documents: Mapping[str, bytes], figures: Mapping[str, Path], judged: int
) -> None:
    """Write documents and copies of figures into a folder of any content, over nothing that is not ours.

    Parameters
    ----------
    documents : content by name
    figures : where each figure is now, by its path within the folder

    Raises
    ------
    LedgerFolderError, OSError
        A file that is not ours is in a document's place, or the folder cannot be written.
    """
    standing = marked_ledger(folder) or unmarked_ledger(folder) or Standing(judged=judged)
    for name in documents:
        file = folder / name
        if name not in standing.files and file.exists() and not looks_like_ours(file):
            raise LedgerFolderError(f"{name} in it is not ours, and stays as it is")
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_links_out(folder)
    free = {
        name: source
        for name, source in figures.items()
        if name in standing.files or not (folder / name).exists()
    }
    with tempfile.TemporaryDirectory(prefix=STAGING_PREFIX, dir=folder) as temporary:
        staged = Path(temporary)
        for name, content in documents.items():
            (staged / name).write_bytes(content)
        for name, source in free.items():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, staged / name)
        _move(staged, folder, [*documents, *free])
        write_mark(staged, folder, replace(standing, files=(*standing.files, *documents, *free)))


def whole_ledger(folder: Path) -> Path | None:
    """Return the folder within another that keeps the last whole ledger, if there is one."""
    return folder / WHOLE if marked_ledger(folder / WHOLE) is not None else None


def _keep_whole(staged: Path, folder: Path, standing: Standing) -> None:
    kept = folder / WHOLE
    if kept.exists() and marked_ledger(kept) is None and any(kept.iterdir()):
        raise LedgerFolderError(f"{WHOLE}/ in it, where the last whole ledger would be kept, is not ours")
    copy = staged / WHOLE
    copy.mkdir()
    files = [name for name in standing.files if (folder / name).is_file()]
    for name in files:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy2(folder / name, copy / name)
    if "junit.xml" in files:
        report = (copy / "junit.xml").read_bytes()
        (copy / "junit.xml").write_bytes(_ATTACHED.sub(rb"\1" + WHOLE.encode() + rb"/\2", report))
    _remove_ours(kept)
    kept.mkdir(exist_ok=True)
    _refuse_links_out(kept)
    free = [name for name in files if not (kept / name).exists()]
    _move(copy, kept, free)
    write_mark(staged, kept, Standing(tuple(free), judged=standing.judged))


def _move(source: Path, folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).replace(folder / name)


def _refuse_links_out(folder: Path) -> None:
    for name in (FIGURES, WHOLE):
        path = folder / name
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            kind = "link" if path.is_symlink() else "file"
            raise LedgerFolderError(f"{name} in it: expected a folder, got a {kind}")


def _remove_ours(folder: Path) -> None:
    """Remove a ledger, and its folder if nothing else is in it."""
    standing = marked_ledger(folder)
    if standing is None or folder.is_symlink():
        return
    _remove(folder, standing.files)
    (folder / MARK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        (folder / FIGURES).rmdir()
