"""Bodies of evidence that belong together: members are details of the judgement on their pooled evidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from pytest_claims.core.roles import MEMBER, POOLED
from pytest_claims.ledger.ledger import Entry


def place_members(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries, those on members with the evidence of the pooled judgement that they belong to.

    Where a claim has no judgement on its group's pooled evidence, those on the members stand for themselves.
    """
    pooled: dict[tuple[str, int, str], str] = {}
    for entry in entries:
        if entry.group and entry.role == POOLED:
            pooled.setdefault((entry.variant, entry.copy, entry.group), entry.evidence)
    return [
        dataclasses.replace(
            entry,
            pooled_in=pooled.get((entry.variant, entry.copy, entry.group), "")
            if entry.group and entry.role == MEMBER
            else "",
        )
        for entry in entries
    ]


def with_members(entries: Iterable[Entry]) -> list[tuple[Entry, tuple[Entry, ...]]]:
    """Return the judgements that stand for themselves, in order, each with those on its members."""
    everything = tuple(entries)
    members: dict[tuple[str, str, int], list[Entry]] = {}
    for entry in everything:
        if entry.pooled_in:
            members.setdefault((entry.variant, entry.pooled_in, entry.copy), []).append(entry)
    return [(entry, tuple(members.get(entry.key, ()))) for entry in everything if not entry.pooled_in]
