"""Names of judgements and evidence in the page's URL."""

from __future__ import annotations

from urllib.parse import quote

from pytest_claims.ledger.ledger import Entry


def anchor_key(entry: Entry) -> str:
    """Return a judgement's name in the page's URL: the same in every run, and unique in each."""
    copy = f"@{entry.copy}" if entry.copy > 1 else ""
    return f"{quote(entry.variant, safe='')}@{quote(entry.evidence, safe='')}{copy}"


def evidence_key(name: str) -> str:
    """Return the name of a body of evidence in the page's URL."""
    return quote(name, safe="") or "@"
