"""A comparison of two runs as a page."""

from __future__ import annotations

from typing import Any

from pytest_claims.ledger.comparison import Comparison, Pair
from pytest_claims.rendering.interval_scale import scale_of
from pytest_claims.rendering.page import rendered_page, run_text


def comparison_as_html(found: Comparison, old: str, new: str) -> str:
    """Return a page with a section for each kind of change; all text from the reports is escaped.

    Parameters
    ----------
    old, new : what the reports are called
    """
    runs: list[dict[str, Any]] = [
        {"what": what, "name": name, "ran": run_text(ledger.run), "ledger": ledger}
        for what, name, ledger in (("old", old, found.old), ("new", new, found.new))
    ]
    return rendered_page(
        "comparison.html",
        style=("page.css", "comparison.css"),
        found=found,
        runs=runs,
        left_out=[f"{run['name']}: {said}" for run in runs for said in run["ledger"].left_out],
        partials=[f"{run['what']}: {run['ledger'].partial}" for run in runs if run["ledger"].partial],
        verdicts_changed=[_drawn(pair) for pair in found.verdicts],
        moved=[_drawn(pair) for pair in found.moved],
    )


def _drawn(pair: Pair) -> dict[str, Any]:
    scale = scale_of((pair.old, pair.new))
    return {"old": pair.old, "new": pair.new, "scale": scale, "texts": pair.estimate_texts()}
