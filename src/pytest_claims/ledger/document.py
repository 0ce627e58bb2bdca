"""The ledger as the JSON document that ``ledger.json`` holds."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from pytest_claims.core.kind import Kind
from pytest_claims.core.last_change import LastChange
from pytest_claims.core.regions import Region
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.ledger.summary import summarize

SCHEMA = 1
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def as_json(ledger: Ledger) -> dict[str, object]:
    """Return the ledger as a JSON document."""
    counts = ledger.counts_by_kind()
    summary = summarize(ledger)
    return {
        "schema": SCHEMA,
        "run": dict(ledger.run),
        "summary": {
            "headlines": [
                {"claim": headline.name, "statement": headline.statement, "sentence": headline.sentence}
                for headline in summary.headlines
            ],
            "evidence": summary.evidence,
            "findings": summary.findings,
        },
        "findings": counts.pop(Kind.INFERENCE),
        "other_kinds": counts,
        "claims": [entry_as_json(entry) for entry in ledger.entries],
        "left_out": list(ledger.left_out),
        "partial": bool(ledger.partial),
        "not_judged": [dict(vars(claim)) for claim in ledger.not_judged],
        "terms": dict(ledger.terms),
    }


def entry_as_json(entry: Entry) -> dict[str, object]:
    """Return one judgement as its JSON object."""
    return {key: _plain(value) for key, value in vars(entry).items() if key != "copy"}


def json_bytes(ledger: Ledger) -> bytes:
    """Return the content of ``ledger.json``."""
    return (json.dumps(as_json(ledger), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def digest_of_ledger(document: bytes) -> str:
    """Return the SHA-256 of ``ledger.json``, as ``sha256sum`` prints it."""
    return hashlib.sha256(document).hexdigest()


def digest_of_entry(entry: Entry) -> str:
    """Return the SHA-256 of a judgement's JSON object, its keys sorted, without spaces between them."""
    return hashlib.sha256(_CANONICAL.encode(entry_as_json(entry)).encode()).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, LastChange):
        date = None if value.date is None else value.date.isoformat()
        return {"commit": value.commit, "date": date, "or_before": value.or_before}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Region):  # JSON has no infinity
        ends = (end if math.isfinite(end) else None for end in (value.low, value.high))
        return dict(zip(("kind", "low", "high"), (value.kind, *ends), strict=True))
    return value
