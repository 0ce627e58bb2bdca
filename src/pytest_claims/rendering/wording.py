"""Wording that text and pages share: signs of verdicts, labels of evidence and runs, printable text."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping

from pytest_claims.core.estimate import USUAL_CI_LEVEL
from pytest_claims.core.numbers import interval_name
from pytest_claims.ledger.ledger import Entry, Ledger

#: One character for each verdict; each also has its own outline.
SIGNS = {"supported": "✓", "refuted": "✕", "inconclusive": "?", "uninformative": "\N{EN DASH}", "error": "!"}
INTERVAL = "interval"
#: Shares that differ by less are written alike.
_EQUAL = 1e-9
#: Columns of a table of judgements; see :func:`interval_head` for that of intervals.
HEAD = ("verdict", "claim", "evidence", "estimate", INTERVAL, "p", "N")
_DIGEST = re.compile(r"\b[0-9a-f]{40}\b")


def evidence_label(name: str) -> str:
    """Return the label of evidence for people; a claim's own numbers have no name."""
    return name or "its own numbers"


def with_labels(ledger: Ledger) -> Ledger:
    """Return a ledger whose evidence is named as people shall read it."""
    return dataclasses.replace(
        ledger,
        entries=tuple(
            dataclasses.replace(
                entry,
                evidence=ledger.label_of(entry.evidence),
                pooled_in=ledger.label_of(entry.pooled_in),
                weights=tuple((ledger.label_of(part), share) for part, share in entry.weights),
            )
            for entry in ledger.entries
        ),
        not_judged=tuple(
            dataclasses.replace(claim, evidence=ledger.label_of(claim.evidence))
            for claim in ledger.not_judged
        ),
    )


def interval_head(entries: Iterable[Entry]) -> str:
    """Return the head of a column of intervals: with their level if that is the same for all."""
    names = {entry.interval_name for entry in entries if entry.interval}
    if not names:
        return interval_name(USUAL_CI_LEVEL)
    return names.pop() if len(names) == 1 else INTERVAL


def interval_below(head: str, entry: Entry) -> str:
    """Return an interval in print as it stands below a head, with its level if the head does not tell it."""
    interval = entry.printed_numbers[1]
    if not interval or entry.interval_name == head:
        return interval
    return f"{interval} {entry.interval_name.removesuffix(' interval')}"


def weights_text(entry: Entry, labels: Mapping[str, str]) -> str:
    """Return the weights in a pooled estimate, in words; empty where none are told.

    Parameters
    ----------
    labels : of evidence by its name
    """
    if not entry.weights:
        return ""
    shares = {share for _, share in entry.weights}
    if len(entry.weights) > 1 and max(shares) - min(shares) < _EQUAL:
        return f"equal, {percent_text(max(shares))} each of {len(entry.weights)}"
    return "; ".join(f"{labels.get(part, part)} {percent_text(share)}" for part, share in entry.weights)


def percent_text(share: float) -> str:
    """Write a share in per cent: one decimal, none where that is a nought."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


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
