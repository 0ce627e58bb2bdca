"""The ledger as one self-contained page: claims across evidence, a judgement behind each cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pytest_claims.ledger import VERDICTS, Entry, Ledger
from pytest_claims.numbers import interval_text, number_text, p_text
from pytest_claims.rendering.interval_scale import Scale, scale_of
from pytest_claims.rendering.page import SIGNS, evidence_label, rendered_page, run_text, web_address

#: Up to so many judgements stand below the matrix, where they can be read, searched and printed without a
#: script; more would make the page slow, and open from its data instead.
MOST_LISTED = 300
#: Up to so many columns leave room for intervals in the cells.
_FEW_COLUMNS = 4
_CODES = {"supported": "s", "refuted": "r", "inconclusive": "i", "uninformative": "u", "error": "e"}
_SLOTS = (
    "anchor", "claim", "evidence", "verdict", "sign", "statement", "source", "link", "rule", "statistic",
    "estimate", "interval", "p", "n", "needed", "reason", "record", "missing", "test", "sha256", "determined",
    "facts", "run", "scale", "entry", "drawn",
)  # fmt: skip
#: What is the same for all evidence of a claim, as a rule; what differs is said at the judgement.
_SHARED = ("claim", "statement", "source", "link", "rule")

View = dict[str, Any]


def as_html(ledger: Ledger, embedded: Mapping[str, str] | None = None, most_listed: int = MOST_LISTED) -> str:
    """Return the ledger as an HTML page; all text from the report is escaped.

    Parameters
    ----------
    embedded : data URLs of figures by their path; ``None`` if figures lie beside the page
    most_listed : judgements up to which the page lists them all
    """
    columns = ledger.evidence
    rows: dict[tuple[str, int], dict[str, Entry]] = {}
    for entry in ledger.entries:
        rows.setdefault((entry.id, entry.copy), {})[entry.evidence] = entry
    views = _Views(ledger, embedded)
    listed = len(ledger.entries) <= most_listed
    matrix = {
        "judged": len(ledger.entries),
        "few": len(columns) <= _FEW_COLUMNS,
        "columns": [_column(ledger, name) for name in columns],
        "rows": [_row(key, found, columns) for key, found in rows.items()],
        "data": {
            "judged": len(ledger.entries),
            "listed": listed,
            "run": {} if listed else {"run": views.run},
            "columns": [
                {"evidence": evidence_label(name), **({} if listed else {"facts": views.facts[name]})}
                for name in columns
            ],
            "rows": [_row_data(found, columns, views, listed) for found in rows.values()],
        },
    }
    return rendered_page(
        "ledger.html",
        style=("page.css", "ledger.css"),
        script="ledger.js",
        ledger=ledger,
        ran=views.run,
        matrix=matrix,
        judgements=_listed(rows, views) if listed else [],
        blank={**dict.fromkeys(_SLOTS, ""), "figures": []},
    )


def anchor_key(entry: Entry) -> str:
    """Return the name of a judgement in the page's address: the same in every run, and unique in each."""
    copy = f"@{entry.copy}" if entry.copy > 1 else ""
    return f"{quote(entry.id, safe='')}@{quote(entry.evidence, safe='')}{copy}"


class _Views:
    """Judgements as the page shows them: every number and name in print.

    Parameters
    ----------
    embedded : as in :func:`as_html`
    """

    def __init__(self, ledger: Ledger, embedded: Mapping[str, str] | None) -> None:
        self._embedded = embedded
        facts = {name: ledger.facts_of(name) for name in ledger.evidence}
        self.facts = {
            name: "; ".join(
                f"{fact}: {value}" for fact, value in found.items() if fact not in ("sha256", "determined_by")
            )
            for name, found in facts.items()
        }
        self.run = run_text(ledger.run)

    def view(self, entry: Entry, scale: Scale | None) -> View:
        """Return one judgement in print; what is not known is empty."""
        number = number_text(entry.estimate)
        drawings = [path for path in entry.figures if path.endswith(".png")]
        figures = {path: self._figure(path, entry.figures) for path in drawings}
        gone = [f"{path} was not found" for path, figure in figures.items() if figure is None]
        return {
            "anchor": f"at={anchor_key(entry)}",
            "claim": _row_name(entry),
            "evidence": evidence_label(entry.evidence),
            "verdict": entry.verdict,
            "sign": SIGNS[entry.verdict],
            "statement": entry.statement,
            "source": entry.source,
            "link": web_address(entry.source),
            "rule": entry.rule,
            "statistic": entry.statistic or "estimate",
            "estimate": number,
            "interval": interval_text(entry.ci_low, entry.ci_high),
            "p": p_text(entry.p_value),
            "n": "" if entry.n is None else str(entry.n),
            "needed": "" if entry.needed_n is None else str(entry.needed_n),
            "reason": entry.reason,
            "record": entry.record,
            "missing": "; ".join([*entry.figure_errors, *gone]),
            "figures": [figure for figure in figures.values() if figure is not None],
            "test": entry.test,
            "sha256": entry.evidence_sha256,
            "determined": entry.evidence_determined_by,
            "facts": self.facts[entry.evidence],
            "run": self.run,
            "scale": scale if entry.estimate is not None else None,
            "entry": entry,
            "drawn": _drawn(entry, number),
        }

    def _figure(self, path: str, beside: tuple[str, ...]) -> dict[str, str] | None:
        if self._embedded is not None:
            shows = self._embedded.get(path)
            return {"shows": shows, "opens": ""} if shows else None
        drawing = path.removesuffix(".png") + ".pdf"
        return {"shows": quote(path), "opens": quote(drawing if drawing in beside else path)}


def _column(ledger: Ledger, name: str) -> View:
    counts = {verdict: ledger.count(verdict, name) for verdict in VERDICTS}
    total, start, parts = sum(counts.values()), 0.0, []
    for verdict, count in counts.items():
        parts.append({"verdict": verdict, "start": start, "width": 100 * count / total})
        start += 100 * count / total
    return {"name": name, "key": quote(name, safe="") or "@", "counts": counts, "parts": parts}


def _row(key: tuple[str, int], found: Mapping[str, Entry], columns: tuple[str, ...]) -> View:
    first = next(iter(found.values()))
    return {
        "name": _row_name(first),
        "statement": first.statement,
        "cells": [_cell(found[name]) if name in found else None for name in columns],
    }


def _row_name(entry: Entry) -> str:
    return entry.id if entry.copy == 1 else f"{entry.id} ({entry.copy})"


def _cell(entry: Entry) -> View:
    return {
        "anchor": f"at={anchor_key(entry)}",
        "verdict": entry.verdict,
        "sign": SIGNS[entry.verdict],
        "number": number_text(entry.estimate),
        "interval": interval_text(entry.ci_low, entry.ci_high),
    }


def _row_data(found: Mapping[str, Entry], columns: tuple[str, ...], views: _Views, listed: bool) -> View:
    first = next(iter(found.values()))
    row: View = {
        "text": " ".join((first.id, first.statement, first.source, first.rule)).lower(),
        "verdicts": "".join(_CODES[found[name].verdict] if name in found else "." for name in columns),
        "keys": [anchor_key(found[name]) if name in found else None for name in columns],
    }
    if listed:
        return row
    scale = scale_of(found.values())
    shared = {slot: value for slot, value in views.view(first, scale).items() if slot in _SHARED and value}
    if scale is not None:
        row["scale"] = {"low": scale.low, "high": scale.high, "ticks": [[t, f"{t:g}"] for t in scale.ticks]}
    row["shared"] = shared
    row["views"] = [
        _compact(views.view(found[name], scale), shared) if name in found else None for name in columns
    ]
    return row


def _compact(view: View, shared: View) -> View:
    """Leave out what is empty, and what is said once for the row, the column or the page."""
    entry, scale = view["entry"], view["scale"]
    elsewhere = {"anchor", "evidence", "facts", "run", "scale", "entry", "drawn"}
    kept = {
        slot: value
        for slot, value in view.items()
        if slot not in elsewhere and (value or slot in shared) and shared.get(slot) != value
    }
    if scale is not None:
        whole = entry.ci_low is not None and entry.ci_high is not None
        kept["plot"] = [entry.estimate, *((entry.ci_low, entry.ci_high) if whole else (None, None))]
        kept["drawn"] = view["drawn"]
    return kept


def _listed(rows: Mapping[tuple[str, int], Mapping[str, Entry]], views: _Views) -> list[View]:
    listed = []
    for found in rows.values():
        scale = scale_of(found.values())
        listed += [views.view(entry, scale) for entry in found.values()]
    return listed


def _drawn(entry: Entry, number: str) -> str:
    interval = interval_text(entry.ci_low, entry.ci_high)
    return f"{entry.statistic or 'estimate'} {number}" + (f", 95% interval {interval}" if interval else "")
