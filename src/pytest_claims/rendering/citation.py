"""Citations of a ledger and of its judgements: version, commit, time and digest."""

from __future__ import annotations

from pytest_claims.ledger.document import digest_of_entry
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.rendering.wording import run_text

#: So many digits tell any two judgements apart.
_SHOWN_DIGITS = 16


def cite_ledger(ledger: Ledger) -> str:
    """Return a ledger's project with its version, and the time and commit of the run."""
    project = ledger.run.get("project", "")
    return ", ".join(part for part in (project, "ledger of claims", run_text(ledger.run)) if part)


def cite_document(ledger: Ledger, digest: str) -> str:
    """Return the citation of a ledger, with the SHA-256 of its ``ledger.json``."""
    return f"{cite_ledger(ledger)}, ledger.json sha256:{digest}"


def short_digest(entry: Entry) -> str:
    """Return the first digits of a judgement's digest."""
    return digest_of_entry(entry)[:_SHOWN_DIGITS]


def cite_judgement(entry: Entry, label: str, ledger: str, digest: str) -> str:
    """Return the citation of a judgement, beginning with its claim and verdict."""
    return f"{entry.name} on {label}: {entry.verdict}; {ledger}, judgement sha256:{digest}"
