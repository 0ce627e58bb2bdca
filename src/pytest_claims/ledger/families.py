"""Families of hypotheses: p-values adjusted for their number, beside the raw ones, which alone decide.

A family's p-values are adjusted within one body of evidence. Other evidence repeats the same hypotheses on
other data, and how much of it there is depends on what was run: a p-value must not depend on that. A claim
that is parametrized is as many hypotheses as it has parameters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pytest_claims.core.kind import Kind
from pytest_claims.core.multiplicity import adjust_holm
from pytest_claims.core.numbers import p_text
from pytest_claims.ledger.ledger import Entry, NotJudged

#: For rules that name no level, such as those on a 95% interval.
USUAL_LEVEL = 0.05


def adjust_families(entries: Sequence[Entry], not_judged: Sequence[NotJudged] = ()) -> list[Entry]:
    """Return the entries, those of a family's inferences with their Holm-adjusted p-values.

    Parameters
    ----------
    not_judged : claims of the same run without a judgement, which families may lack
    """
    adjusted = list(entries)
    families: dict[tuple[str, str], list[int]] = {}
    for index, entry in enumerate(entries):
        if entry.family and entry.kind == Kind.INFERENCE:
            families.setdefault((entry.family, entry.evidence), []).append(index)
    for (family, evidence), indices in families.items():
        tested = [(index, p) for index in indices if (p := entries[index].p_value) is not None]
        missing = len(indices) - len(tested)
        missing += sum(
            (claim.family, claim.evidence, claim.kind) == (family, evidence, Kind.INFERENCE)
            for claim in not_judged
        )
        for (index, raw), p in zip(tested, adjust_holm([p for _, p in tested]), strict=True):
            adjusted[index] = dataclasses.replace(
                entries[index],
                p_adjusted=p,
                family_size=len(tested),
                family_missing=missing,
                significance_lost=raw < level_of(entries[index]) <= p,
            )
    return adjusted


def level_of(entry: Entry) -> float:
    """Return the level below which an entry's p-value is significant."""
    return USUAL_LEVEL if entry.p_level is None else entry.p_level


def adjusted_p_text(entry: Entry) -> str:
    """Write an entry's adjusted p-value, with the digits that show its side of the level; empty for none."""
    return p_text(entry.p_adjusted, (level_of(entry),))


def adjustment_text(entry: Entry) -> str:
    """Return a sentence on an entry's adjusted p-value; empty where there is none."""
    if entry.p_adjusted is None:
        return ""
    number = "one p-value" if entry.family_size == 1 else f"{entry.family_size} p-values"
    sentence = f"{adjusted_p_text(entry)} (Holm, {number} of the family {entry.family} on this evidence"
    if entry.family_missing:
        sentence += f", {entry.family_missing} more without a p-value"
    sentence += ")"
    if entry.significance_lost:
        sentence += f"; no longer below {p_text(level_of(entry))}, the verdict is by the raw p"
    return sentence
