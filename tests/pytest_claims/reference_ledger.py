"""The committed reference ledger, read from its ``ledger.json``."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from pathlib import Path

from pytest_claims.core.last_change import LastChange
from pytest_claims.core.regions import Region
from pytest_claims.ledger.ledger import Entry, Ledger, NotJudged

PATH = Path(__file__).parents[2] / "reports" / "reference" / "ledger" / "ledger.json"
_FIELDS = {field.name for field in dataclasses.fields(Entry)}


def reference_document() -> dict:
    return json.loads(PATH.read_text(encoding="utf-8"))


def reference_ledger() -> Ledger:
    document = reference_document()
    return Ledger(
        document["run"],
        tuple(_entry(claim) for claim in document["claims"]),
        tuple(document["left_out"]),
        tuple(NotJudged(**claim) for claim in document["not_judged"]),
        document.get("terms", {}),
    )


def _entry(claim: dict) -> Entry:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in claim.items()}
    values["regions"] = tuple(
        Region(
            region["kind"],
            -math.inf if region["low"] is None else region["low"],
            math.inf if region["high"] is None else region["high"],
        )
        for region in claim.get("regions", ())
    )
    for name in ("rule_change", "test_change"):
        if (change := claim.get(name)) is not None:
            date = change["date"] and datetime.datetime.fromisoformat(change["date"])
            values[name] = LastChange(change["commit"], date, change["or_before"])
    values["weights"] = tuple((part, share) for part, share in claim.get("weights", ()))
    return Entry(**{name: value for name, value in values.items() if name in _FIELDS})
