"""A history as a page of small drawings, one for each claim and evidence, all runs along the bottom."""

from __future__ import annotations

from typing import Any

from pytest_claims.ledger.history import History, Track
from pytest_claims.rendering.interval_scale import Scale, scale_of
from pytest_claims.rendering.page import render_page
from pytest_claims.rendering.wording import run_text

#: Drawings that a page holds; those in which something changed come first.
MOST_DRAWN = 1000
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 320, 34, 8, 8, 92
#: Where a judgement without an estimate is drawn: below the scale.
_NO_ESTIMATE = 108


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
        whole = drawn and entry.ci_low is not None and entry.ci_high is not None
        points.append(
            {
                "entry": entry,
                "number": index + 1,
                "x": _x(index, len(track.entries)),
                "y": _y(scale, entry.estimate) if drawn else _NO_ESTIMATE,
                "ends": (_y(scale, entry.ci_low), _y(scale, entry.ci_high)) if whole else None,
            }
        )
    return points


def _x(index: float, runs: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (index + 0.5) / runs


def _y(scale: Scale | None, value: float | None) -> float:
    assert scale is not None
    assert value is not None
    return _BOTTOM - (_BOTTOM - _TOP) * scale.share(value)
