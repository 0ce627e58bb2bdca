"""Dates of rules and of evidence: a rule that was committed after its evidence says so.

Dates show order and no more. A rule is called later than evidence where the lines that state it were last
changed in a commit that is later than the moment at which the evidence was measured, by its own account, or
committed. Where this is not shown, nothing is: commits can be dated at will, and evidence may have been seen
before it was committed.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

from pytest_claims.core.last_change import LastChange, change_of_text
from pytest_claims.ledger.ledger import Entry

#: Facts of evidence: when it was measured, by its own account; and the last commit of its files.
MEASURED, COMMITTED = "date", "committed"


def date_rules(entries: Sequence[Entry], run: Mapping[str, str]) -> list[Entry]:
    """Return the entries, those whose rule is later than their evidence with what it is later than.

    Parameters
    ----------
    run : facts of the run, those of the evidence among them
    """
    return [
        dataclasses.replace(entry, rule_later_than=_later_than(entry.rule_change, run, entry.evidence))
        if entry.rule_change is not None and entry.evidence
        else entry
        for entry in entries
    ]


def _later_than(rule: LastChange, run: Mapping[str, str], evidence: str) -> str:
    measured = moment_of(run.get(f"evidence.{evidence}.{MEASURED}", ""))
    if measured is not None:
        return (
            f"this evidence was measured ({measured.isoformat()[:10]})"
            if rule.is_later_than(measured)
            else ""
        )
    committed = change_of_text(run.get(f"evidence.{evidence}.{COMMITTED}", ""))
    if committed is not None and committed.date is not None and rule.is_later_than(committed.date):
        same_day = rule.date is not None and rule.date.date() == committed.date.date()
        day = f"that day at {committed.date:%H:%M} UTC" if same_day else committed.day
        return f"this evidence was committed ({day})"
    return ""


def moment_of(text: str) -> datetime.datetime | datetime.date | None:
    """Return the moment that a text in ISO 8601 names, or the day where it names no time zone."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
        return moment.date() if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def rule_fixed_text(entry: Entry) -> str:
    """Return when an entry's rule was fixed, in words; empty where it is not known.

    A test that was changed after its rule is told, as it computes what the rule decides on.
    """
    if entry.rule_change is None:
        return ""
    text = entry.rule_change.described
    if entry.rule_later_than:
        text += f", after {entry.rule_later_than}"
    test = entry.test_change
    if test is None or test == entry.rule_change or entry.rule_change.date is None:
        return text
    if test.date is None or test.date > entry.rule_change.date:
        changed = (
            "has changes that are not committed" if test.date is None else f"last changed {test.described}"
        )
        text += f"; its test {changed}"
    return text


def committed_text(facts: Mapping[str, str]) -> str:
    """Return when a body of evidence was measured, else committed, in words; empty where it is not known."""
    if facts.get(MEASURED):
        return facts[MEASURED]
    change = change_of_text(facts.get(COMMITTED, ""))
    if change is None:
        return ""
    return f"committed {change.day}" if change.date is not None else "not committed"
