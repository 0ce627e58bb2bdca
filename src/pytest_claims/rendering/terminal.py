"""The ledger as a short table at the end of pytest's output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_claims.ledger import Entry, Ledger
from pytest_claims.numbers import interval_text, number_text, p_text

_HEAD = ("verdict", "claim", "evidence", "estimate", "95% interval", "p", "N")
_COLOURS = {
    "supported": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    "uninformative": "purple",
    "error": "red",
}


def write_table(reporter: pytest.TerminalReporter, ledger: Ledger) -> None:
    """Write one line for each judgement: verdict, claim, evidence, estimate with interval, p and N."""
    rows = [_HEAD, *(_cells(entry) for entry in ledger.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = list(_aligned(row, widths))
        if colour := _COLOURS.get(row[0]):
            reporter.write(cells[0], **{colour: True})
            cells[0] = ""
        reporter.write_line("  ".join(cells).rstrip())
    for entry in ledger.entries:
        for error in entry.figure_errors:
            reporter.write_line(f"missing {error}", yellow=True)


def _aligned(row: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if column > 2 else cell.ljust(width)


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.verdict,
        entry.id,
        entry.evidence,
        number_text(entry.estimate, entry.thresholds),
        interval_text(entry.ci_low, entry.ci_high, entry.thresholds),
        p_text(entry.p_value, entry.thresholds),
        "" if entry.n is None else str(entry.n),
    )
