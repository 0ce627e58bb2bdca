"""Figures of claims: safe file names, formats, and bytes that depend on the drawing alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIRECTORY = "figures"
RESOLUTION_DPI = 150
#: Places of the figures that the page shows: files beside it, or its own text.
PLACES = ("beside", "embed")
#: Without these, a PDF carries the moment of its making.
_METADATA: dict[str, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None, "ModDate": None}}
#: A file in the ledger's folder or below it; no drive, no scheme, no way up or out.
_FIGURE_PATH = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*\.(?:png|pdf)")
#: Names that stay as they are: lower case, and no hyphens that could be mistaken for those between names.
_PLAIN = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")
_UNSAFE = re.compile(r"[^a-z0-9_.]+")
_LONGEST_STEM, _LONGEST_READABLE = 120, 60
#: Windows keeps these for devices, whatever follows the first dot.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)


def is_figure_path(path: str) -> bool:
    """Return True if a path in a report names a figure in the report's own folder."""
    return _FIGURE_PATH.fullmatch(path) is not None


def figure_stem(claim: str, evidence: str = "", name: str = "", parameters: str = "") -> str:
    """Return a file name without suffix, safe and unique on any file system.

    Plain, short names are kept as they are: ``claim--evidence--name``. Where one is not, or the test has
    parameters, what is safe of them is followed by a digest of them all, so that names that differ only in
    case or in unsafe characters stay two files.
    """
    given = (claim, evidence, name, parameters)
    parts = [part for part in given if part]
    stem = "--".join(parts)
    has_gap = not claim or bool(name and not evidence)
    is_plain = not (parameters or has_gap) and all(_PLAIN.fullmatch(part) for part in parts)
    if is_plain and len(stem) <= _LONGEST_STEM and stem.partition(".")[0] not in _RESERVED:
        return stem
    import unicodedata  # plain names, which most are, need none

    safe = (_UNSAFE.sub("-", unicodedata.normalize("NFKD", part).lower()).strip("-._") for part in parts)
    readable = "--".join(part for part in safe if part)[:_LONGEST_READABLE].strip("-._")
    # A plain stem has no three hyphens in a row, so that the two kinds never meet.
    return f"{readable or 'figure'}---{digest_of(*given)}"


def digest_of(*names: str) -> str:
    """Return a short digest of names, the same in every process."""
    import hashlib  # runs without claims need no digest

    text = json.dumps(names)  # keeps names apart, and takes any character
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save_figure(figure: Figure, ledger: Path, stem: str) -> tuple[str, ...]:
    """Save a figure as PNG and PDF.

    Returns
    -------
    paths relative to ``ledger``, PNG first
    """
    directory = ledger / DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    layout = figure.get_layout_engine()
    if figure.axes and layout is not None:
        # Laying out costs more than drawing, and would be done again for each format.
        layout.execute(figure)
        figure.set_layout_engine(None)
    saved = []
    for suffix, metadata in _METADATA.items():
        path = directory / f"{stem}.{suffix}"
        figure.savefig(path, dpi=RESOLUTION_DPI, metadata=metadata)
        saved.append(f"{DIRECTORY}/{path.name}")
    return tuple(saved)
