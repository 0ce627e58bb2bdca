"""A comparison of two runs as text for a terminal or a log, and as a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_claims.ledger.comparison import Comparison, EvidenceChange, Pair
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.rendering.interval_scale import scale_of
from pytest_claims.rendering.page import render_page
from pytest_claims.rendering.wording import printable, run_text

_SHOWN_DIGITS = 12


def comparison_as_text(comparison: Comparison, old: str, new: str) -> str:
    """Return a line for each change between the reports that are named ``old`` and ``new``, by kind."""
    lines = [
        f"old: {old}  {run_text(comparison.old.run)}  {len(comparison.old.entries)} judgements",
        f"new: {new}  {run_text(comparison.new.run)}  {len(comparison.new.entries)} judgements",
    ]
    for name, ledger in (("old", comparison.old), ("new", comparison.new)):
        if ledger.partial:
            lines.append(f"{name} is a part of a run: {ledger.partial}")
    for heading, changes in _sections(comparison):
        if changes:
            lines += ["", f"{heading}: {len(changes)}", *(f"  {change}" for change in changes)]
    lines += ["", f"the same: {comparison.same} {'judgement' if comparison.same == 1 else 'judgements'}"]
    return "\n".join(printable(line) for line in lines)


def _sections(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    yield "verdicts that changed", [_verdict(pair) for pair in comparison.verdicts]
    yield "estimates that moved beyond their intervals", [_moved(pair) for pair in comparison.moved]
    yield "claims stated, measured or decided otherwise", list(_redefined(comparison.redefined))
    yield "judgements that came", [_single(entry, comparison.old) for entry in comparison.came]
    yield "judgements that went", [_single(entry, comparison.new) for entry in comparison.gone]
    yield "evidence whose fingerprint changed", [_evidence(change) for change in comparison.evidence]


def _name(entry: Entry) -> str:
    return entry.name + (f" on {entry.evidence}" if entry.evidence else "")


def _single(entry: Entry, other: Ledger) -> str:
    line = f"{_name(entry)}: {_found(entry, entry.printed_estimate)}"
    reason = other.why_not_judged(entry)
    return f"{line} ({reason})" if reason else line


def _found(entry: Entry, estimate: str) -> str:
    return f"{entry.verdict}, {estimate}" if estimate else entry.verdict


def _verdict(pair: Pair) -> str:
    old, new = pair.estimate_texts()
    return f"{_name(pair.new)}: {_found(pair.old, old)} -> {_found(pair.new, new)}"


def _moved(pair: Pair) -> str:
    old, new = pair.estimate_texts()
    return f"{_name(pair.new)}: {pair.new.statistic} {old} -> {new}"


def _redefined(pairs: Iterable[Pair]) -> Iterator[str]:
    for pair in pairs:
        for field, old, new in pair.redefinitions:
            yield f"{_name(pair.new)}: {field}: {old or '(none)'} -> {new or '(none)'}"


def _evidence(change: EvidenceChange) -> str:
    why = "determined otherwise" if change.remade else "determined by the same, yet other numbers"
    digests = f"{change.old_sha256[:_SHOWN_DIGITS]} -> {change.new_sha256[:_SHOWN_DIGITS]}"
    return f"{change.name}: {digests} ({why})"


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
