"""The table of evidence: whose numbers, of what, and where they are, as far as the run's facts tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_claims.core.kind import Kind
from pytest_claims.core.origins import Origin
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.ledger.rule_dates import COMMITTED, MEASURED, committed_text
from pytest_claims.rendering.links import anchor_key, evidence_key
from pytest_claims.rendering.page import web_address
from pytest_claims.rendering.wording import evidence_label, run_text

#: More facts than these do not fit; a judgement has all of them.
MOST_COLUMNS = 6
_LONGEST_VALUE = 120
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{32,}")
#: Facts with columns of their own.
_OWN = frozenset({"sha256", "determined_by", "origin", "label", "files", MEASURED, COMMITTED})


@dataclass(frozen=True)
class EvidenceRow:
    """A body of evidence; what is not known is empty.

    Parameters
    ----------
    key : in the page's URL
    facts : in the order of the table's columns
    date : when it was measured; else when its files were committed, which is said
    n : of its judgements of headline claims, else the most frequent of inferences
    digest : of the content
    files, link : paths of its files, and the address on the web among them
    figures : keys of its judgements with figures, and the number of those
    """

    name: str
    label: str
    key: str
    origin: str
    facts: tuple[str, ...]
    n: str
    date: str
    digest: str
    files: str
    link: str
    figures: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class EvidenceTable:
    """Bodies of evidence, and the names of the facts that are told of them."""

    columns: tuple[str, ...]
    rows: tuple[EvidenceRow, ...]


def evidence_table(ledger: Ledger) -> EvidenceTable:
    """Return the table of a ledger's evidence; a claim's own numbers are none.

    Columns are the facts that most evidence has, those first in which it differs; digests and long ones are
    left to the judgements.
    """
    facts = _facts(ledger)
    entries: dict[str, list[Entry]] = {name: [] for name in facts}
    for entry in ledger.entries:
        if entry.evidence:
            entries[entry.evidence].append(entry)
    values: dict[str, list[str]] = {}
    for known in facts.values():
        for key, value in known.items():
            if _is_shown(key, value):
                values.setdefault(key, []).append(value)
    # What is the same of all tells no two apart.
    ranked = sorted(values, key=lambda key: (len(set(values[key])) > 1, len(values[key])), reverse=True)
    columns = tuple(ranked[:MOST_COLUMNS])
    return EvidenceTable(
        tuple(column.replace("_", " ") for column in columns),
        tuple(_row(ledger, name, known, columns, entries[name]) for name, known in facts.items()),
    )


def _row(
    ledger: Ledger, name: str, facts: Mapping[str, str], columns: Sequence[str], entries: Sequence[Entry]
) -> EvidenceRow:
    origin, files = ledger.origin_of(name), facts.get("files", "")
    now = run_text({"started": ledger.run.get("started", "")}) if origin == Origin.MEASURED_NOW else ""
    shown = (facts.get(column, "") for column in columns)
    return EvidenceRow(
        name=name,
        label=evidence_label(ledger.label_of(name)),
        key=evidence_key(name),
        origin=origin,
        facts=tuple(text if len(text) <= _LONGEST_VALUE else "" for text in shown),
        n=_n_of(entries),
        date=committed_text(facts) if facts.get(MEASURED) or not now else now,
        digest=entries[0].evidence_sha256,
        files=files,
        link=web_address(files),
        figures=tuple(
            (anchor_key(entry), entry.name, sum(path.endswith(".png") for path in entry.figures))
            for entry in entries
            if entry.figures
        ),
    )


def _n_of(entries: Sequence[Entry]) -> str:
    counted = [entry for entry in entries if entry.n is not None]
    for chosen in (
        [entry.n for entry in counted if entry.headline],
        [entry.n for entry in counted if entry.kind == Kind.INFERENCE],
    ):
        if chosen:
            ((n, _),) = Counter(chosen).most_common(1)
            return str(n)
    return ""


def _facts(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Return facts by evidence and name, under the plural where there is one: ``seeds`` for ``seed``."""
    facts = {name: ledger.facts_of(name) for name in ledger.evidence if name}
    names = {name for known in facts.values() for name in known}
    return {
        evidence: {(f"{name}s" if f"{name}s" in names else name): value for name, value in known.items()}
        for evidence, known in facts.items()
    }


def _is_shown(name: str, value: str) -> bool:
    return name not in _OWN and 0 < len(value) <= _LONGEST_VALUE and not _DIGEST.fullmatch(value)
