"""Recognition of a ledger of ours in a folder: by its mark, or by the content of earlier versions' files.

A folder of ours carries a mark, the file ``.pytest-claims.json``, which lists the files that were written. A
folder of an earlier version, which has no mark, is known by its ``ledger.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pytest_claims.core.figures import DIRECTORY as FIGURES
from pytest_claims.core.figures import is_figure_path

MARK = ".pytest-claims.json"
#: Prefix of the folders in which runs put together their ledgers.
STAGING_PREFIX = ".pytest-claims-run-"
DOCUMENTS = ("junit.xml", "ledger.json", "ledger.md", "ledger.html")
_SCHEMA = 1
#: Text that documents of ours hold near their beginning.
_MARKS_OF_OURS = {
    "junit.xml": (b"<testsuite",),
    "ledger.json": (b'{\n "schema": ',),
    "ledger.md": (b"# Ledger of claims\n",),
    "ledger.html": (b"<!DOCTYPE html>", b"<title>Ledger of claims</title>"),
}
_TITLES = (b"<title>Ledger of claims<", b"<title>What changed between two runs<", b"<title>Claims over ")
#: Files that keep an empty folder in Git, or that desktops leave; they make no folder the user's.
_PLACEHOLDERS = (".gitkeep", ".keep", ".gitignore", ".DS_Store", "Thumbs.db", "desktop.ini")
#: More than any ledger of ours weighs.
_LARGEST_LEDGER = 512 * 2**20
_MOST_NAMED = 3
_WHAT_IS_EXPECTED = "expected a folder for the ledger alone: new, empty, or written by pytest-claims"


class LedgerFolderError(OSError):
    """The folder holds what is not ours; the message is one line."""


@dataclass(frozen=True)
class Standing:
    """The ledger of ours in a folder.

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
    """Return the ledger of ours in a folder that may be written into.

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
    standing = marked_ledger(folder) or unmarked_ledger(folder)
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


def is_page(path: Path) -> bool:
    """Return True if a file is a page that this package wrote."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"<!DOCTYPE html>") and any(title in start for title in _TITLES)


def marked_ledger(folder: Path) -> Standing | None:
    """Read a folder's mark; ``None`` if it has none."""
    document = _json(folder / MARK)
    if not isinstance(document, dict) or document.get("made_by") != "pytest-claims":
        return None
    files, judged = document.get("files"), document.get("judged")
    return Standing(
        files=tuple(name for name in files if _is_ours(name)) if isinstance(files, list) else (),
        partial=bool(document.get("partial")),
        judged=judged if isinstance(judged, int) else 0,
    )


def unmarked_ledger(folder: Path) -> Standing | None:
    """Recognise a ledger of an earlier version by its ``ledger.json``."""
    document = _json(folder / "ledger.json")
    if not isinstance(document, dict) or not {"schema", "run", "claims"} <= document.keys():
        return None
    claims = document["claims"] if isinstance(document["claims"], list) else []
    entries = [entry for entry in claims if isinstance(entry, dict)]
    figures = [path for entry in entries for path in entry.get("figures") or () if _is_ours(path)]
    documents = [name for name in DOCUMENTS if (folder / name).is_file() and looks_like_ours(folder / name)]
    return Standing(
        files=tuple(dict.fromkeys([*documents, *figures])),
        judged=sum(entry.get("verdict") not in (None, "error") for entry in entries),
    )


def looks_like_ours(path: Path) -> bool:
    """Return True if a document of an earlier version begins as ours do."""
    with path.open("rb") as file:
        start = file.read(4096)
    return all(part in start for part in _MARKS_OF_OURS[path.name])


def _is_ours(name: object) -> bool:
    if not isinstance(name, str):
        return False
    return name in DOCUMENTS or (is_figure_path(name) and name.rpartition("/")[0] == FIGURES)


def _json(path: Path) -> object:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_LEDGER:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_mark(staged: Path, folder: Path, standing: Standing) -> None:
    """Mark a folder as ours; ``staged`` is one on the same file system, for the unfinished file."""
    document = {
        "made_by": "pytest-claims",
        "schema": _SCHEMA,
        "about": "pytest-claims replaces the files named here, and leaves any other alone",
        "partial": standing.partial,
        "judged": standing.judged,
        "files": sorted(set(standing.files)),
    }
    (staged / MARK).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (staged / MARK).replace(folder / MARK)
