"""The ledger as one self-contained page: claims across evidence, a judgement behind each cell."""

from __future__ import annotations

import base64
import collections
import gzip
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pytest_claims.core.kind import UNKNOWN
from pytest_claims.core.roles import POOLED
from pytest_claims.ledger.families import adjustment_text
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.rendering.interval_scale import Scale, scale_of
from pytest_claims.rendering.page import render_page, web_address
from pytest_claims.rendering.wording import SIGNS, evidence_label, run_text

#: Up to so many judgements stand below the matrix, where they can be read, searched and printed without a
#: script; more would make the page slow, and open from its data instead.
MOST_LISTED = 300
#: Claims that were not judged, of which the page lists so many; ledger.json has all.
MOST_NOT_JUDGED = 1000
#: Up to so many columns leave room for intervals in the cells.
_FEW_COLUMNS = 4
_SLOTS_AS_THEY_ARE = ("verdict", "statement", "source", "family", "rule", "reason", "record", "test")
#: Slots of a judgement that the page itself tells.
_TOLD = {"anchor", "verdict", "sign", "run", "scale", "entry", "drawn"}

View = dict[str, Any]


def as_html(ledger: Ledger, embedded: Mapping[str, str] | None = None, most_listed: int = MOST_LISTED) -> str:
    """Return the ledger as an HTML page; all text from the report is escaped.

    Parameters
    ----------
    embedded : data URLs of figures by their path; ``None`` if figures lie beside the page
    most_listed : judgements up to which the page lists them all
    """
    columns, counts = _columns(ledger), ledger.counts_by_evidence()
    folded = _folded(ledger)
    rows: dict[tuple[str, int], dict[str, Entry]] = {}
    for entry in ledger.entries:
        rows.setdefault((entry.variant, entry.copy), {})[entry.evidence] = entry
    views = _Views(ledger, embedded)
    listed = len(ledger.entries) <= most_listed
    scales = {key: scale_of(entries.values()) for key, entries in rows.items()}
    matrix = {
        "judged": len(ledger.entries),
        "few": len(columns) <= _FEW_COLUMNS,
        "columns": [_column(name, counts[name], name in folded) for name in columns],
        "rows": list(rows.values()),
        "data": {
            "judged": len(ledger.entries),
            "listed": listed,
            "run": views.run,
            "columns": [
                {"key": quote(name, safe=""), "evidence": evidence_label(name), "folded": name in folded}
                for name in columns
            ],
            "rows": [_row_data(entries, columns) for entries in rows.values()],
        },
    }
    judgements, details = [], ""
    if listed:
        judgements = [views.view(entry, scales[key]) for key, row in rows.items() for entry in row.values()]
    else:
        details = _compress([_details(row, columns, views, scales[key]) for key, row in rows.items()])
    return render_page(
        "ledger.html",
        style=("page.css", "ledger.css"),
        script="ledger.js",
        ledger=ledger,
        ran=views.run,
        matrix=matrix,
        kinds=ledger.counts_by_kind(),
        lost=ledger.significance_lost,
        adjustment=adjustment_text,
        judgements=judgements,
        details=details,
        not_judged=ledger.not_judged[:MOST_NOT_JUDGED],
        further=len(ledger.not_judged) - MOST_NOT_JUDGED,
        anchor_key=anchor_key,
        blank=collections.defaultdict(str),
    )


def anchor_key(entry: Entry) -> str:
    """Return a judgement's name in the page's URL: the same in every run, and unique in each."""
    copy = f"@{entry.copy}" if entry.copy > 1 else ""
    return f"{quote(entry.variant, safe='')}@{quote(entry.evidence, safe='')}{copy}"


def _columns(ledger: Ledger) -> tuple[str, ...]:
    """Return the names of all evidence in order, members behind the pooled evidence of their group."""
    group_of = {entry.evidence: entry.group for entry in ledger.entries if entry.group}
    pooled = {entry.group: entry.evidence for entry in ledger.entries if entry.group and entry.role == POOLED}
    leader = {name: pooled.get(group_of.get(name, ""), name) for name in ledger.evidence}
    first: dict[str, int] = {}
    for index, name in enumerate(ledger.evidence):
        first.setdefault(leader[name], index)
    # Sorting keeps the order of those with the same key.
    return tuple(sorted(ledger.evidence, key=lambda name: (first[leader[name]], name != leader[name])))


def _folded(ledger: Ledger) -> frozenset[str]:
    """Return the evidence all of whose judgements are details of pooled ones."""
    alone = {entry.evidence for entry in ledger.entries if not entry.pooled_in}
    return frozenset(ledger.evidence) - alone


class _Views:
    """Judgements as the page shows them: every number and name in print."""

    def __init__(self, ledger: Ledger, embedded: Mapping[str, str] | None) -> None:
        self._embedded = embedded
        self._facts = {name: _facts_text(ledger.facts_of(name)) for name in ledger.evidence}
        self._members = {pooled.key: members for pooled, members in with_members(ledger.entries) if members}
        self.run = run_text(ledger.run)

    def view(self, entry: Entry, scale: Scale | None) -> View:
        """Return a judgement in print, with empty text for what is not known."""
        numbers = dict(zip(("estimate", "interval", "p", "n"), entry.printed_numbers, strict=True))
        drawings = [path for path in entry.figures if path.endswith(".png")]
        figures = {path: self._figure(path, entry.figures) for path in drawings}
        gone = [f"{path} was not found" for path, figure in figures.items() if figure is None]
        return {
            "anchor": f"at={anchor_key(entry)}",
            "claim": entry.name,
            "evidence": evidence_label(entry.evidence),
            **{slot: getattr(entry, slot) for slot in _SLOTS_AS_THEY_ARE},
            "sign": SIGNS[entry.verdict],
            "link": web_address(entry.source),
            "statistic": entry.statistic or "estimate",
            **numbers,
            "kind": "unknown, as the report names none" if entry.kind == UNKNOWN else entry.kind,
            "group": _group_text(entry),
            "adjusted": adjustment_text(entry),
            "members": [_member(member) for member in self._members.get(entry.key, ())],
            "needed": "" if entry.needed_n is None else str(entry.needed_n),
            "attempts": f"{entry.attempts}; the last counts" if entry.attempts > 1 else "",
            "missing": "; ".join([*entry.figure_errors, *gone]),
            "figures": [figure for figure in figures.values() if figure is not None],
            "sha256": entry.evidence_sha256,
            "determined": entry.evidence_determined_by,
            "facts": self._facts[entry.evidence],
            "run": self.run,
            "scale": scale if entry.estimate is not None else None,
            "entry": entry,
            "drawn": f"{entry.statistic or 'estimate'} {numbers['estimate']}"
            + (f", 95% interval {numbers['interval']}" if numbers["interval"] else ""),
        }

    def _figure(self, path: str, beside: tuple[str, ...]) -> dict[str, str] | None:
        if self._embedded is not None:
            shows = self._embedded.get(path)
            return {"shows": shows, "opens": ""} if shows else None
        drawing = path.removesuffix(".png") + ".pdf"
        return {"shows": quote(path), "opens": quote(drawing if drawing in beside else path)}


def _group_text(entry: Entry) -> str:
    if not entry.group:
        return ""
    detail = f", a detail of the judgement on {entry.pooled_in}" if entry.pooled_in else ""
    return f"{entry.group} ({entry.role}{detail})"


def _member(entry: Entry) -> dict[str, str]:
    estimate, interval, p, n = entry.printed_numbers
    parts = [
        f"{estimate} {interval}".strip(),
        p and f"p {p}" if p[:1] == "<" else p and f"p = {p}",
        n and f"N = {n}",
    ]
    return {
        "key": anchor_key(entry),
        "verdict": entry.verdict,
        "sign": SIGNS[entry.verdict],
        "evidence": evidence_label(entry.evidence),
        "numbers": ", ".join(filter(None, parts)),
    }


def _column(name: str, counts: Mapping[str, int], folded: bool) -> View:
    total, start, parts = sum(counts.values()), 0.0, []
    for verdict, count in counts.items():
        parts.append({"verdict": verdict, "start": start, "width": 100 * count / total})
        start += 100 * count / total
    return {
        "name": name,
        "key": quote(name, safe="") or "@",
        "counts": counts,
        "parts": parts,
        "folded": folded,
    }


def _row_data(entries: Mapping[str, Entry], columns: tuple[str, ...]) -> View:
    """Return a row's data for the script, which filters and names rows by it."""
    first = next(iter(entries.values()))
    return {
        "key": [quote(first.variant, safe=""), f"@{first.copy}" if first.copy > 1 else ""],
        "text": f"{first.source} {first.rule} {first.family}".lower(),
        "kind": first.kind,
        "verdicts": "".join(entries[name].verdict[0] if name in entries else "." for name in columns),
    }


def _details(
    entries: Mapping[str, Entry], columns: tuple[str, ...], views: _Views, scale: Scale | None
) -> View:
    """Return the judgements of a row as the script fills them in."""
    row: View = {
        "views": [_compact(views.view(entries[name], scale)) if name in entries else None for name in columns]
    }
    if scale is not None:
        row["scale"] = {"low": scale.low, "high": scale.high, "ticks": [[t, f"{t:g}"] for t in scale.ticks]}
    return row


def _compress(document: object) -> str:
    """Return compressed JSON: browsers read megabytes of text far more slowly than they unpack them."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def _compact(view: View) -> View:
    """Return a view without slots that are empty, or implied by the verdict or other slots."""
    entry = view["entry"]
    compact = {slot: value for slot, value in view.items() if slot not in _TOLD and value}
    if view["scale"] is not None:
        whole = entry.ci_low is not None and entry.ci_high is not None
        ends = (entry.ci_low, entry.ci_high) if whole else ()
        compact["plot"] = [float(f"{value:.4g}") for value in (entry.estimate, *ends)]
    return compact


def _facts_text(facts: Mapping[str, str]) -> str:
    """Return facts on evidence in one line, without those that have lines of their own."""
    others = (name for name in facts if name not in ("sha256", "determined_by"))
    return "; ".join(f"{name}: {facts[name]}" for name in others)
