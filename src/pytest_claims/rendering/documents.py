"""The ledger as JSON, Markdown and HTML."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_claims.ledger.ledger import Ledger, as_json
from pytest_claims.rendering.embedded_figures import data_urls
from pytest_claims.rendering.html import as_html
from pytest_claims.rendering.markdown import as_markdown


def render_documents(ledger: Ledger, embed_from: Path | None = None) -> dict[str, bytes]:
    """Render the ledger's files; return their content by name.

    Parameters
    ----------
    embed_from : folder whose figures become part of the page; ``None`` if they stay beside it
    """
    document = json.dumps(as_json(ledger), indent=1, ensure_ascii=False, allow_nan=False)
    embedded = None if embed_from is None else data_urls(ledger, embed_from)
    return {
        "ledger.json": (document + "\n").encode(),
        "ledger.md": as_markdown(ledger).encode(),
        "ledger.html": as_html(ledger, embedded).encode(),
    }
