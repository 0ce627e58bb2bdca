"""Saving the figures that claims hand over: names, formats, and bytes that depend on the drawing alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIRECTORY = "figures"
RESOLUTION_DPI = 150
#: How the page shows figures: from files beside it, or from its own text.
PLACES = ("beside", "embed")
#: Without these, a PDF carries the moment of its making.
_METADATA: dict[str, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None, "ModDate": None}}


#: A file in the ledger's folder or below it; no drive, no scheme, no way up or out.
_FIGURE_PATH = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*\.(?:png|pdf)")


def is_figure_path(path: str) -> bool:
    """Tell whether a path read from a report names a figure in the report's own folder."""
    return _FIGURE_PATH.fullmatch(path) is not None


def figure_stem(*parts: str) -> str:
    """Return a file name without suffix made of ``parts``, safe on any file system."""
    safe = (re.sub(r"[^\w.-]+", "-", part).strip("-.") for part in parts)
    return "--".join(part for part in safe if part)


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
