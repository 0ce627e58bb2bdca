"""The ledger as files that people and programs read."""

from __future__ import annotations

import json

from pytest_claims.ledger import Ledger, as_json
from pytest_claims.rendering.html import as_html
from pytest_claims.rendering.markdown import as_markdown


def rendered(ledger: Ledger) -> dict[str, bytes]:
    """Return the ledger's files by name: JSON, Markdown and HTML."""
    document = json.dumps(as_json(ledger), indent=1, ensure_ascii=False, allow_nan=False)
    return {
        "ledger.json": (document + "\n").encode(),
        "ledger.md": as_markdown(ledger).encode(),
        "ledger.html": as_html(ledger).encode(),
    }
