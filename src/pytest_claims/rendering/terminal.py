"""The ledger as a short table at the end of pytest's output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_claims.ledger.families import adjusted_p_text
from pytest_claims.ledger.ledger import WHY_PARTIAL, Entry, Ledger, NotJudged
from pytest_claims.ledger.summary import summarize
from pytest_claims.rendering.wording import (
    HEAD,
    INTERVAL,
    evidence_label,
    interval_below,
    interval_head,
    printable,
)

_COLOURS = {
    "supported": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    "uninformative": "purple",
    "error": "red",
}
#: The line on what was not judged names so many; the ledger has them all.
_MOST_TOLD = 4
_LONGEST_REASON = 160
_LONGEST_SENTENCE = 500


class Reporter(Protocol):
    """The methods of pytest's terminal reporter that the table is written with."""

    def section(self, title: str) -> None: ...  # noqa: D102
    def write(self, content: str, **markup: bool) -> None: ...  # noqa: D102
    def write_line(self, line: str, **markup: bool) -> None: ...  # noqa: D102


def write_conclusion(reporter: Reporter, ledger: Ledger, remarks: Sequence[str]) -> None:
    """Write the table of verdicts, a line on claims that were not judged, and the remarks."""
    told = [claim for claim in ledger.not_judged if claim.why not in WHY_PARTIAL]
    if not (ledger.entries or told or any(remark.startswith("ERROR") for remark in remarks)):
        return
    reporter.section("ledger of claims")
    if ledger.entries:
        write_table(reporter, ledger)
    if again := [entry for entry in ledger.entries if entry.attempts > 1]:
        reporter.write_line(_run_again(again))
    if lost := ledger.significance_lost:
        reporter.write_line(_lost(lost), yellow=True)
    if told:
        reporter.write_line(_not_judged(ledger, told))
    for headline in summarize(ledger).headlines:
        reporter.write_line(f"headline: {_short(headline.sentence, _LONGEST_SENTENCE)}")
    if ledger.partial:
        reporter.write_line(f"partial: {printable(ledger.partial)}", yellow=True)
    for remark in remarks:
        reporter.write_line(printable(remark))


def write_table(reporter: Reporter, ledger: Ledger) -> None:
    """Write a line for each judgement: verdict, claim, evidence, estimate with interval, p and N."""
    head = interval_head(ledger.entries)
    named = tuple(head if name == INTERVAL else name for name in HEAD)
    rows = [named, *(_cells(entry, head) for entry in ledger.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        aligned = enumerate(zip(row, widths, strict=True))
        cells = [cell.rjust(width) if column > 2 else cell.ljust(width) for column, (cell, width) in aligned]
        if colour := _COLOURS.get(row[0]):
            reporter.write(cells[0], **{colour: True})
            cells[0] = ""
        reporter.write_line("  ".join(cells).rstrip())
    for entry in ledger.entries:
        for error in entry.figure_errors:
            reporter.write_line(f"missing {printable(error)}", yellow=True)


def _run_again(entries: Sequence[Entry]) -> str:
    named = [f"{_short(entry.name)} ({entry.attempts} attempts)" for entry in entries[:_MOST_TOLD]]
    more = len(entries) - _MOST_TOLD
    return f"run again, the last time counts: {', '.join(named)}" + (f", and {more} more" if more > 0 else "")


def _lost(entries: Sequence[Entry]) -> str:
    named = [
        f"{_short(entry.name)} on {_short(evidence_label(entry.evidence))} ({adjusted_p_text(entry)})"
        for entry in entries[:_MOST_TOLD]
    ]
    more = len(entries) - _MOST_TOLD
    rest = f", and {more} more" if more > 0 else ""
    return f"no longer significant by the p that is adjusted for the family: {', '.join(named)}{rest}"


def _not_judged(ledger: Ledger, claims: Sequence[NotJudged]) -> str:
    """Return a line on claims that were not judged, with the reasons of the first."""
    parts = []
    for claim in claims[:_MOST_TOLD]:
        on = f" on {ledger.label_of(claim.evidence)}" if claim.evidence else ""
        why = f"{claim.why}: {claim.reason}" if claim.reason else claim.why
        parts.append(f"{_short(claim.name)}{_short(on)} ({_short(why, _LONGEST_REASON)})")
    more = len(claims) - _MOST_TOLD
    rest = f", and {more} more" if more > 0 else ""
    return f"not judged: {', '.join(parts)}{rest}"


def _short(text: str, longest: int = 60) -> str:
    text = printable(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cells(entry: Entry, head: str) -> tuple[str, ...]:
    estimate, _, p, n = entry.printed_numbers
    numbers = estimate, interval_below(head, entry), p, n
    return entry.verdict, _short(entry.name), _short(entry.evidence), *numbers
