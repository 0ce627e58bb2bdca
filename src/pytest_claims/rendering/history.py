"""A history as text, with a sign for each run, and as a page, with a drawing for each claim and evidence."""

from __future__ import annotations

from typing import Any

from pytest_claims.ledger.history import History, Track
from pytest_claims.rendering.interval_scale import Scale, scale_of
from pytest_claims.rendering.page import render_page
from pytest_claims.rendering.wording import SIGNS, evidence_label, printable, run_text

_ABSENT = "·"
#: Drawings that a page holds; those in which something changed come first.
MOST_DRAWN = 1000
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 320, 34, 8, 8, 92
#: Where a judgement without an estimate is drawn: below the scale.
_NO_ESTIMATE = 108


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


def history_as_html(history: History, most_drawn: int = MOST_DRAWN) -> str:
    """Return the page; all text from the reports is escaped."""
    changed = [track for track in history.tracks if track.verdict_changed]
    moved = [track for track in history.tracks if track.moved and not track.verdict_changed]
    steady = [track for track in history.tracks if not track.moved and not track.verdict_changed]
    sections, room = [], most_drawn
    for name, tracks in (
        ("Verdict changed", changed),
        ("Estimate moved beyond its interval", moved),
        ("Steady", steady),
    ):
        drawn = tracks[:room]
        room -= len(drawn)
        sections.append({"name": name, "count": len(tracks), "tracks": [_drawing(track) for track in drawn]})
    return render_page(
        "history.html",
        style=("page.css", "history.css"),
        history=history,
        runs=[
            {"what": number, "name": run.name, "ran": run_text(run.ledger.run), "ledger": run.ledger}
            for number, run in enumerate(history.runs, start=1)
        ],
        sections=sections,
        undrawn=max(0, len(history.tracks) - most_drawn),
    )


def _drawing(track: Track) -> dict[str, Any]:
    scale, last = scale_of(track.present), track.last
    return {
        "entry": last,
        "name": last.name,
        "scale": scale,
        "ticks": [] if scale is None else [(f"{tick:g}", tick == 0, _y(scale, tick)) for tick in scale.ticks],
        "points": _points(track, scale),
        "new_evidence": [(_x(index - 0.5, len(track.entries))) for index in track.new_evidence()],
        "said": "; ".join(
            f"run {number}: {'not judged' if entry is None else entry.verdict}"
            for number, entry in enumerate(track.entries, start=1)
        ),
    }


def _points(track: Track, scale: Scale | None) -> list[dict[str, Any]]:
    points = []
    for index, entry in enumerate(track.entries):
        if entry is None:
            continue
        drawn = scale is not None and entry.estimate is not None
        interval = entry.interval if drawn else None
        points.append(
            {
                "entry": entry,
                "number": index + 1,
                "x": _x(index, len(track.entries)),
                "y": _y(scale, entry.estimate) if drawn else _NO_ESTIMATE,
                "ends": None if interval is None else tuple(_y(scale, end) for end in interval),
            }
        )
    return points


def _x(index: float, runs: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (index + 0.5) / runs


def _y(scale: Scale | None, value: float | None) -> float:
    assert scale is not None
    assert value is not None
    return _BOTTOM - (_BOTTOM - _TOP) * scale.share(value)
