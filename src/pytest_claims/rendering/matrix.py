"""The matrix of the page: claims by question, evidence across, and its data for the script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pytest_claims.core.roles import POOLED
from pytest_claims.ledger.ledger import Entry, Ledger, NotJudged
from pytest_claims.rendering.interval_scale import Scale, scale_of
from pytest_claims.rendering.links import evidence_key
from pytest_claims.rendering.views import View

#: Up to so many columns leave room for intervals in the cells.
FEW_COLUMNS = 4
OTHER = "other claims"


@dataclass(frozen=True)
class Row:
    """A claim and its judgements.

    Parameters
    ----------
    entries : by evidence
    skipped : by evidence: the claim was not judged there
    """

    entries: Mapping[str, Entry]
    skipped: Mapping[str, NotJudged]
    scale: Scale | None

    @property
    def first(self) -> Entry:
        """The first judgement."""
        return next(iter(self.entries.values()))


@dataclass(frozen=True)
class Group:
    """Claims of one question: those with judgements, and those without any."""

    question: str
    rows: list[Row] = field(default_factory=list)
    unjudged: list[tuple[NotJudged, int]] = field(default_factory=list)


def groups_of(ledger: Ledger, most_not_judged: int) -> list[Group]:
    """Return the ledger's claims by question, in the order in which questions and claims first appear.

    Parameters
    ----------
    most_not_judged : claims without any judgement that are listed
    """
    entries: dict[tuple[str, int], dict[str, Entry]] = {}
    for entry in ledger.entries:
        entries.setdefault((entry.variant, entry.copy), {})[entry.evidence] = entry
    skipped: dict[str, dict[str, NotJudged]] = {}
    for claim in ledger.not_judged:
        skipped.setdefault(claim.name, {})[claim.evidence] = claim
    groups: dict[str, Group] = {}
    for (variant, _), by_evidence in entries.items():
        row = Row(by_evidence, skipped.get(variant, {}), scale_of(tuple(by_evidence.values())))
        question = row.first.question or OTHER
        groups.setdefault(question, Group(question)).rows.append(row)
    judged = {variant for variant, _ in entries}
    for name, claims in list(skipped.items())[:most_not_judged]:
        if name not in judged:
            first = next(iter(claims.values()))
            question = first.question or OTHER
            groups.setdefault(question, Group(question)).unjudged.append((first, len(claims)))
    return list(groups.values())


def columns_of(ledger: Ledger) -> tuple[str, ...]:
    """Return the names of all evidence in order, members behind the pooled evidence of their group."""
    group_of = {entry.evidence: entry.group for entry in ledger.entries if entry.group}
    pooled = {entry.group: entry.evidence for entry in ledger.entries if entry.group and entry.role == POOLED}
    leader = {name: pooled.get(group_of.get(name, ""), name) for name in ledger.evidence}
    first: dict[str, int] = {}
    for index, name in enumerate(ledger.evidence):
        first.setdefault(leader[name], index)
    # Sorting keeps the order of those with the same key.
    return tuple(sorted(ledger.evidence, key=lambda name: (first[leader[name]], name != leader[name])))


def folded_of(ledger: Ledger) -> frozenset[str]:
    """Return the evidence all of whose judgements are details of pooled ones."""
    alone = {entry.evidence for entry in ledger.entries if not entry.pooled_in}
    return frozenset(ledger.evidence) - alone


def column_view(name: str, label: str, counts: Mapping[str, int], folded: bool) -> View:
    """Return a column with the share of each verdict for its bar."""
    total, start, parts = sum(counts.values()), 0.0, []
    for verdict, count in counts.items():
        parts.append({"verdict": verdict, "start": start, "width": 100 * count / total})
        start += 100 * count / total
    return {
        "name": name,
        "label": label,
        "key": evidence_key(name),
        "counts": counts,
        "parts": parts,
        "folded": folded,
    }


def row_data(row: Row, columns: Sequence[str], group: int) -> dict[str, Any]:
    """Return a row's data for the script, which filters, sorts and names rows by it."""
    first, entries = row.first, row.entries
    data: dict[str, Any] = {
        "key": [quote(first.variant, safe=""), f"@{first.copy}" if first.copy > 1 else ""],
        "text": f"{first.source} {first.rule} {first.family} {first.question}".lower(),
        "kind": first.kind,
        "group": group,
        "verdicts": "".join(entries[name].verdict[0] if name in entries else "." for name in columns),
    }
    if details := [
        index for index, name in enumerate(columns) if name in entries and entries[name].pooled_in
    ]:
        data["details"] = details
    return data
