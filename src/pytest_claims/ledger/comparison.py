"""Comparison of two ledgers.

An estimate has *moved beyond its interval* when the new estimate lies outside the old interval or the old
one outside the new. Where only one of them has an interval, that one counts; where none has, an estimate has
moved when it is printed otherwise, which is to three digits. An interval that does not contain its own
estimate, as that of a bootstrap may not, does not count. Estimates of differently named statistics are not
held against each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_claims.core.kind import UNKNOWN
from pytest_claims.core.numbers import distinct_texts, interval_text, number_text
from pytest_claims.ledger.ledger import Entry, Ledger

#: A last digit that differs between processors does not move an estimate.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Pair:
    """The judgements of one claim on one body of evidence in both runs."""

    old: Entry
    new: Entry

    def estimate_texts(self) -> tuple[str, str]:
        """Return both estimates with their intervals, with enough digits to show a difference."""
        values = distinct_texts(self.old.estimate, self.new.estimate)
        ends = [(entry.ci_low, entry.ci_high) for entry in (self.old, self.new)]
        intervals = [interval_text(low, high) for low, high in ends]
        if intervals[0] == intervals[1] != "" and ends[0] != ends[1]:
            finer = [distinct_texts(old, new) for old, new in zip(*ends, strict=True)]
            intervals = [f"[{low}, {high}]" for low, high in zip(*finer, strict=True)]
        old, new = (f"{value} {interval}".strip() for value, interval in zip(values, intervals, strict=True))
        return old, new

    @property
    def redefinitions(self) -> tuple[tuple[str, str, str], ...]:
        """Changes of statement, rule, statistic, level, kind or family: the name, old and new text."""
        names = ["statement", "rule"]
        if self.old.estimate is not None and self.new.estimate is not None:
            names.append("statistic")
        texts = ((name, getattr(self.old, name), getattr(self.new, name)) for name in names)
        changes = [(name, old, new) for name, old, new in texts if old != new]
        if self.old.printed_numbers[1] and self.new.printed_numbers[1]:
            old, new = self.old.interval_name, self.new.interval_name
            changes += [("interval", old, new)] if old != new else []
        if UNKNOWN not in (self.old.kind, self.new.kind):  # earlier versions named neither kind nor family
            later = ((name, getattr(self.old, name), getattr(self.new, name)) for name in ("kind", "family"))
            changes += [(name, old, new) for name, old, new in later if old != new]
        return tuple(changes)


@dataclass(frozen=True)
class EvidenceChange:
    """A body of evidence whose numbers differ between the runs.

    Parameters
    ----------
    old_sha256, new_sha256 : fingerprints of the numbers
    remade : it was also determined otherwise: another model, study, device or version; if not, the same
        recipe gave other numbers
    """

    name: str
    old_sha256: str
    new_sha256: str
    remade: bool


@dataclass(frozen=True)
class Comparison:
    """The differences between two runs.

    Parameters
    ----------
    old, new : the ledgers
    verdicts : pairs whose verdict changed
    moved : pairs whose estimate moved beyond its interval; see :mod:`pytest_claims.ledger.comparison`
    redefined : pairs of which statement, rule, statistic, kind or family changed, so that less is the same
        than the id says
    came, gone : judgements that only the new or only the old run has
    evidence : evidence whose fingerprint changed
    same : number of judgements of both runs to which none of this happened
    """

    old: Ledger
    new: Ledger
    verdicts: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    redefined: tuple[Pair, ...]
    came: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    evidence: tuple[EvidenceChange, ...]
    same: int

    @property
    def changed(self) -> bool:
        """True if anything changed."""
        return any((self.verdicts, self.moved, self.redefined, self.came, self.gone, self.evidence))

    @property
    def incomplete(self) -> bool:
        """True if something in a report could not be read, so that "the same" is not known."""
        return bool(self.old.left_out or self.new.left_out)


def compare(old: Ledger, new: Ledger) -> Comparison:
    """Compare two ledgers, judgement by judgement."""
    before = {entry.key: entry for entry in old.entries}
    after = {entry.key: entry for entry in new.entries}
    pairs = [Pair(before[key], entry) for key, entry in after.items() if key in before]
    verdicts = [pair for pair in pairs if pair.old.verdict != pair.new.verdict]
    moved = [pair for pair in pairs if has_moved(pair.old, pair.new)]
    redefined = [pair for pair in pairs if pair.redefinitions]
    touched = {pair.new.key for pair in itertools.chain(verdicts, moved, redefined)}
    return Comparison(
        old=old,
        new=new,
        verdicts=tuple(verdicts),
        moved=tuple(moved),
        redefined=tuple(redefined),
        came=tuple(entry for key, entry in after.items() if key not in before),
        gone=tuple(entry for key, entry in before.items() if key not in after),
        evidence=_evidence_changes(old, new),
        same=len(pairs) - len(touched),
    )


def has_moved(old: Entry, new: Entry) -> bool:
    """Return True if an estimate moved beyond its interval; see :mod:`pytest_claims.ledger.comparison`."""
    if old.estimate is None or new.estimate is None or old.statistic != new.statistic:
        return False
    both = (_outside(new.estimate, old), _outside(old.estimate, new))
    outside = [is_outside for is_outside in both if is_outside is not None]
    return any(outside) if outside else number_text(old.estimate) != number_text(new.estimate)


def _outside(value: float, entry: Entry) -> bool | None:
    """Return True if a value lies outside an entry's interval; ``None`` if it has none that counts."""
    if entry.interval is None:
        return None

    low, high = entry.interval

    def is_outside(number: float) -> bool:
        slack = _ROUNDING * max(abs(number), abs(low), abs(high))
        return not low - slack <= number <= high + slack

    if entry.estimate is not None and is_outside(entry.estimate):
        return None
    return is_outside(value)


def _evidence_changes(old: Ledger, new: Ledger) -> tuple[EvidenceChange, ...]:
    before, after = _fingerprints(old), _fingerprints(new)
    return tuple(
        EvidenceChange(name, before[name][0], sha256, before[name][1] != determined_by)
        for name, (sha256, determined_by) in after.items()
        if name in before and before[name][0] != sha256
    )


def _fingerprints(ledger: Ledger) -> Mapping[str, tuple[str, str]]:
    """Return digest and key of all evidence that was loaded and has a name."""
    fingerprints: dict[str, tuple[str, str]] = {}
    for entry in ledger.entries:
        if entry.evidence and entry.evidence_sha256:
            fingerprints.setdefault(entry.evidence, (entry.evidence_sha256, entry.evidence_determined_by))
    return fingerprints
