"""The ledger as JSON, Markdown and HTML."""

from __future__ import annotations

import base64
from pathlib import Path

from pytest_claims.ledger.document import json_bytes
from pytest_claims.ledger.ledger import Ledger
from pytest_claims.rendering.html import as_html
from pytest_claims.rendering.markdown import as_markdown

_PNG = b"\x89PNG\r\n\x1a\n"
#: A figure for reading weighs far less.
LARGEST_BYTES = 16 * 2**20


def render_documents(ledger: Ledger, embed_from: Path | None = None) -> dict[str, bytes]:
    """Render the ledger's files; return their content by name.

    Parameters
    ----------
    embed_from : folder whose figures become part of the page; ``None`` if they stay beside it
    """
    document = json_bytes(ledger)
    embedded = None if embed_from is None else data_urls(ledger, embed_from)
    return {
        "ledger.json": document,
        "ledger.md": as_markdown(ledger).encode(),
        "ledger.html": as_html(ledger, embedded, document=document).encode(),
    }


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
