"""A history as text: one line for each claim and evidence, a sign for each run."""

from __future__ import annotations

from pytest_claims.ledger.history import History, Track
from pytest_claims.rendering.wording import SIGNS, evidence_label, printable, run_text

_ABSENT = "·"


def history_as_text(history: History) -> str:
    """Return the runs, then a table: the verdicts in the order of the runs, and the latest estimate."""
    lines = [f"{len(history.runs)} {'run' if len(history.runs) == 1 else 'runs'}, the earliest first:"]
    for number, run in enumerate(history.runs, start=1):
        lines.append(f"  {number}. {run.name}  {run_text(run.ledger.run)}")
    lines += [
        "",
        "  ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items()) + f"  {_ABSENT} not judged",
    ]
    rows = [_row(track) for track in history.tracks]
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else [0, 0, 0]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
    return "\n".join(printable(line) for line in lines)


def _row(track: Track) -> tuple[str, str, str, str]:
    last = track.last
    signs = "".join(_ABSENT if entry is None else SIGNS[entry.verdict] for entry in track.entries)
    remark = "  verdict changed" if track.verdict_changed else "  estimate moved" if track.moved else ""
    return signs, last.name, evidence_label(last.evidence), last.printed_estimate + remark
