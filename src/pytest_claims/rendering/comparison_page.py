"""A comparison of two runs as a page."""

from __future__ import annotations

from typing import Any

from pytest_claims.ledger.comparison import Comparison, Pair
from pytest_claims.rendering.interval_scale import scale_of
from pytest_claims.rendering.page import render_page
from pytest_claims.rendering.wording import run_text


def comparison_as_html(comparison: Comparison, old: str, new: str) -> str:
    """Return a page with a section for each kind of change; ``old`` and ``new`` are names of reports."""
    runs: list[dict[str, Any]] = [
        {"what": side, "name": name, "ran": run_text(ledger.run), "ledger": ledger}
        for side, name, ledger in (("old", old, comparison.old), ("new", new, comparison.new))
    ]
    return render_page(
        "comparison.html",
        style=("page.css", "comparison.css"),
        comparison=comparison,
        runs=runs,
        left_out=[f"{run['name']}: {sentence}" for run in runs for sentence in run["ledger"].left_out],
        partials=[f"{run['what']}: {run['ledger'].partial}" for run in runs if run["ledger"].partial],
        verdicts_changed=[_pair_view(pair) for pair in comparison.verdicts],
        moved=[_pair_view(pair) for pair in comparison.moved],
    )


def _pair_view(pair: Pair) -> dict[str, Any]:
    scale = scale_of((pair.old, pair.new))
    return {"old": pair.old, "new": pair.new, "scale": scale, "texts": pair.estimate_texts()}
