"""The ledger's folder: what in it is ours, and replacing that and nothing else.

A folder of ours carries a mark, the file ``.pytest-claims.json``, which lists the files that were written.
Only an empty folder, a new one, or one with the mark is written into; a folder of an earlier version, which
has no mark, is known by its ``ledger.json``. Files that are not on the list stay as they are.

A partial run never takes the place of a whole one: the last whole ledger moves to the folder ``whole``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_claims.figures import DIRECTORY as FIGURES
from pytest_claims.figures import digest_of, is_figure_path
from pytest_claims.staging import PREFIX as STAGING_PREFIX

MARK = ".pytest-claims.json"
WHOLE = "whole"
#: The last ledger's report in the staging folder, where pytest writes its own over it.
LAST_REPORT = "last-junit.xml"
DOCUMENTS = ("junit.xml", "ledger.json", "ledger.md", "ledger.html")
_SCHEMA = 1
#: What documents of ours hold near their beginning.
_MARKS_OF_OURS = {
    "junit.xml": (b"<testsuite",),
    "ledger.json": (b'{\n "schema": ',),
    "ledger.md": (b"# Ledger of claims\n",),
    "ledger.html": (b"<!DOCTYPE html>", b"<title>Ledger of claims</title>"),
}
#: Files that keep an empty folder in Git, or that desktops leave; they make no folder the user's.
_PLACEHOLDERS = (".gitkeep", ".keep", ".gitignore", ".DS_Store", "Thumbs.db", "desktop.ini")
_TITLES = (b"<title>Ledger of claims<", b"<title>What changed between two runs<", b"<title>Claims over ")
#: A figure as CI systems are told of it, at the end of its path.
_ATTACHED = re.compile(rb"(\[\[ATTACHMENT\|[^\]\n]*?)(figures/[^/\]\n]+\]\])")
_LOCK_TIMEOUT_S = 60.0
#: More than any ledger of ours weighs.
_LARGEST_LEDGER = 512 * 2**20
_MOST_NAMED = 3
_WHAT_IS_EXPECTED = "expected a folder for the ledger alone: new, empty, or written by pytest-claims"


class LedgerFolderError(OSError):
    """The folder holds what is not ours; the message is one line."""


@dataclass(frozen=True)
class Standing:
    """What a folder holds of ours.

    Parameters
    ----------
    files : paths relative to the folder, with slashes
    partial : the run was partial
    judged : number of judgements that were no errors
    """

    files: tuple[str, ...] = ()
    partial: bool = False
    judged: int = 0


def standing_ledger(folder: Path, beside: str = "") -> Standing:
    """Return what of a folder is ours.

    Parameters
    ----------
    beside : name of a file that pytest itself was asked to write there

    Raises
    ------
    LedgerFolderError
        It is not a folder, or neither empty nor ours, or a file that is not ours has the name of one of ours.
    OSError
        It cannot be read.
    """
    if not folder.exists():
        if folder.is_symlink():
            raise LedgerFolderError(f"{_WHAT_IS_EXPECTED}; got a link to nothing")
        return Standing()
    if not folder.is_dir():
        raise LedgerFolderError(f"{_WHAT_IS_EXPECTED}; got a file")
    standing = _marked(folder) or _unmarked(folder)
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in (beside, *_PLACEHOLDERS) and not path.name.startswith(STAGING_PREFIX)
    )
    if standing is None:
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            raise LedgerFolderError(f"{_WHAT_IS_EXPECTED}; it holds {', '.join(names[:_MOST_NAMED])}{more}")
        return Standing()
    for name in DOCUMENTS:
        if name in names and name not in standing.files:
            raise LedgerFolderError(f"{_WHAT_IS_EXPECTED}; {name} in it is not ours")
    return standing


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder meanwhile.

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
    _write_mark(staged, folder, {*standing.files, *new}, partial=True, judged=0)
    for name in new:
        (folder / name).parent.mkdir(exist_ok=True)
        (staged / name).replace(folder / name)
    _remove(folder, set(standing.files) - set(new))
    _write_mark(staged, folder, new, partial=partial, judged=judged)
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
    standing = _marked(folder) or _unmarked(folder) or Standing(judged=judged)
    for name in documents:
        file = folder / name
        if name not in standing.files and file.exists() and not _looks_like_ours(file):
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
        for name in (*documents, *free):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).replace(folder / name)
        ours = {*standing.files, *documents, *free}
        _write_mark(staged, folder, ours, partial=standing.partial, judged=standing.judged)


def is_page(path: Path) -> bool:
    """Tell whether a file is a page that this package wrote."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"<!DOCTYPE html>") and any(title in start for title in _TITLES)


def kept_whole(folder: Path) -> Path | None:
    """Return the folder within another that keeps the last whole ledger, if there is one."""
    return folder / WHOLE if _marked(folder / WHOLE) is not None else None


def _marked(folder: Path) -> Standing | None:
    document = _json(folder / MARK)
    if not isinstance(document, dict) or document.get("made_by") != "pytest-claims":
        return None
    files, judged = document.get("files"), document.get("judged")
    return Standing(
        files=tuple(name for name in files if _is_ours(name)) if isinstance(files, list) else (),
        partial=bool(document.get("partial")),
        judged=judged if isinstance(judged, int) else 0,
    )


def _unmarked(folder: Path) -> Standing | None:
    """Know a ledger of an earlier version by what is in its ``ledger.json``."""
    document = _json(folder / "ledger.json")
    if not isinstance(document, dict) or not {"schema", "run", "claims"} <= document.keys():
        return None
    claims = document["claims"] if isinstance(document["claims"], list) else []
    entries = [entry for entry in claims if isinstance(entry, dict)]
    figures = [path for entry in entries for path in entry.get("figures") or () if _is_ours(path)]
    documents = [name for name in DOCUMENTS if (folder / name).is_file() and _looks_like_ours(folder / name)]
    return Standing(
        files=tuple(dict.fromkeys([*documents, *figures])),
        judged=sum(entry.get("verdict") not in (None, "error") for entry in entries),
    )


def _looks_like_ours(path: Path) -> bool:
    """Tell whether a document of an earlier version begins as ours do."""
    with path.open("rb") as file:
        start = file.read(4096)
    return all(part in start for part in _MARKS_OF_OURS[path.name])


def _is_ours(name: object) -> bool:
    if not isinstance(name, str):
        return False
    return name in DOCUMENTS or (
        is_figure_path(name) and PurePosixPath(name).parent == PurePosixPath(FIGURES)
    )


def _json(path: Path) -> object:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_LEDGER:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _keep_whole(staged: Path, folder: Path, standing: Standing) -> None:
    kept = folder / WHOLE
    if kept.exists() and _marked(kept) is None and any(kept.iterdir()):
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
    for name in files:
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).replace(kept / name)
    _write_mark(staged, kept, files, partial=False, judged=standing.judged)


def _refuse_links_out(folder: Path) -> None:
    for name in (FIGURES, WHOLE):
        path = folder / name
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise LedgerFolderError(
                f"{name} in it: expected a folder, got a {'link' if path.is_symlink() else 'file'}"
            )


def _write_mark(staged: Path, folder: Path, files: Iterable[str], *, partial: bool, judged: int) -> None:
    document = {
        "made_by": "pytest-claims",
        "schema": _SCHEMA,
        "about": "pytest-claims replaces the files named here, and leaves any other alone",
        "partial": partial,
        "judged": judged,
        "files": sorted(files),
    }
    (staged / MARK).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (staged / MARK).replace(folder / MARK)


def _remove_ours(folder: Path) -> None:
    """Remove a ledger, and its folder if nothing else is in it."""
    standing = _marked(folder)
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
