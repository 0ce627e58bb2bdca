"""Figures as data URLs, so that a page is one file."""

from __future__ import annotations

import base64
from pathlib import Path

from pytest_claims.ledger.ledger import Ledger

_PNG = b"\x89PNG\r\n\x1a\n"
#: A figure for reading weighs far less.
LARGEST_BYTES = 16 * 2**20


def data_urls(ledger: Ledger, folder: Path) -> dict[str, str]:
    """Return the ledger's PNG figures by path, without those that are missing or no PNG inside the folder."""
    root = folder.resolve()
    urls = {}
    for path in {path for entry in ledger.entries for path in entry.figures if path.endswith(".png")}:
        file = (root / path).resolve()  # a link may lead out of the folder
        if not file.is_relative_to(root) or not file.is_file() or file.stat().st_size > LARGEST_BYTES:
            continue
        content = file.read_bytes()
        if content.startswith(_PNG):
            urls[path] = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return urls
