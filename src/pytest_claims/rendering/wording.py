"""Wording that text and pages share: signs of verdicts, labels of evidence and runs, printable text."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

#: One character for each verdict; each also has its own outline.
SIGNS = {"supported": "✓", "refuted": "✕", "inconclusive": "?", "uninformative": "\N{EN DASH}", "error": "!"}
#: Columns of a table of judgements.
HEAD = ("verdict", "claim", "evidence", "estimate", "95% interval", "p", "N")
_DIGEST = re.compile(r"\b[0-9a-f]{40}\b")


def evidence_label(name: str) -> str:
    """Return the label of evidence for people; a claim's own numbers have no name."""
    return name or "its own numbers"


def run_text(run: Mapping[str, str]) -> str:
    """Return the time and the commit of a run, as far as its facts tell."""
    started = run.get("started", "")
    try:
        moment = datetime.datetime.fromisoformat(started)
        started = f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip()
    except ValueError:
        pass  # another program's way to write it
    commit = _DIGEST.sub(lambda match: match.group()[:12], run.get("commit", ""))
    return ", ".join(part for part in (started, commit and f"commit {commit}") if part)


def printable(text: str) -> str:
    """Return text on one line, without characters that move the cursor, hide or reorder what is shown."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
