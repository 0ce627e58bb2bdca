"""Judgements as the page shows them: every number and name in print, and what is compressed of them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pytest_claims.core.kind import UNKNOWN
from pytest_claims.core.last_change import change_of_text
from pytest_claims.core.numbers import p_phrase
from pytest_claims.ledger.families import adjustment_text
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.ledger.rule_dates import COMMITTED, rule_fixed_text
from pytest_claims.ledger.summary import heterogeneity_of
from pytest_claims.rendering.citation import cite_judgement, cite_ledger, short_digest
from pytest_claims.rendering.interval_scale import Scale, band_of
from pytest_claims.rendering.links import anchor_key
from pytest_claims.rendering.page import web_address
from pytest_claims.rendering.wording import SIGNS, evidence_label, run_text, weights_text

_SLOTS_AS_THEY_ARE = (
    "verdict",
    "statement",
    "source",
    "question",
    "family",
    "rule",
    "registration",
    "reason",
    "figures_at",
    "record",
    "test",
)
#: Slots of a judgement that the page itself tells.
_TOLD = {"anchor", "verdict", "sign", "run", "scale", "entry", "drawn", "bands", "cite", "question"}

View = dict[str, Any]


class Views:
    """Judgements of one ledger in print.

    Parameters
    ----------
    embedded : data URLs of figures by their path; ``None`` if figures lie beside the page
    """

    def __init__(self, ledger: Ledger, embedded: Mapping[str, str] | None) -> None:
        self._embedded = embedded
        self._facts = {name: _facts_text(ledger.facts_of(name)) for name in ledger.evidence}
        self.labels = {name: evidence_label(ledger.label_of(name)) for name in ledger.evidence}
        self._members = {pooled.key: members for pooled, members in with_members(ledger.entries) if members}
        self.run = run_text(ledger.run)
        self.cite = cite_ledger(ledger)

    def view(self, entry: Entry, scale: Scale | None) -> View:
        """Return a judgement in print, with empty text for what is not known."""
        numbers = dict(zip(("estimate", "interval", "p", "n"), entry.printed_numbers, strict=True))
        drawings = [path for path in entry.figures if path.endswith(".png")]
        figures = {path: self._figure(path, entry.figures) for path in drawings}
        gone = [f"{path} was not found" for path, figure in figures.items() if figure is None]
        label, digest = self.labels[entry.evidence], short_digest(entry)
        return {
            "anchor": f"at={anchor_key(entry)}",
            "claim": entry.name,
            "evidence": label,
            "evidence_name": entry.evidence if label != evidence_label(entry.evidence) else "",
            **{slot: getattr(entry, slot) for slot in _SLOTS_AS_THEY_ARE},
            "sign": SIGNS[entry.verdict],
            "link": web_address(entry.source),
            "statistic": entry.statistic or "estimate",
            **numbers,
            "interval_name": entry.interval_name,
            "fixed": rule_fixed_text(entry),
            "weights": weights_text(entry, self.labels),
            "kind": "unknown, as the report names none" if entry.kind == UNKNOWN else entry.kind,
            "group": _group_text(entry),
            "heterogeneity": heterogeneity_of(entry),
            "adjusted": adjustment_text(entry),
            "members": [self._member(member) for member in self._members.get(entry.key, ())],
            "needed": "" if entry.needed_n is None else str(entry.needed_n),
            "attempts": f"{entry.attempts}; the last counts" if entry.attempts > 1 else "",
            "missing": "; ".join([*entry.figure_errors, *gone]),
            "figures": [figure for figure in figures.values() if figure is not None],
            "sha256": entry.evidence_sha256,
            "determined": entry.evidence_determined_by,
            "facts": self._facts[entry.evidence],
            "run": self.run,
            "digest": digest,
            "cite": cite_judgement(entry, label, self.cite, digest),
            "scale": scale if entry.estimate is not None else None,
            "bands": [] if scale is None else bands_of(entry, scale),
            "entry": entry,
            "drawn": f"{entry.statistic or 'estimate'} {numbers['estimate']}"
            + (f", {entry.interval_name} {numbers['interval']}" if numbers["interval"] else ""),
        }

    def _figure(self, path: str, beside: tuple[str, ...]) -> dict[str, str] | None:
        if self._embedded is not None:
            shows = self._embedded.get(path)
            return {"shows": shows, "opens": ""} if shows else None
        drawing = path.removesuffix(".png") + ".pdf"
        return {"shows": quote(path), "opens": quote(drawing if drawing in beside else path)}

    def _member(self, entry: Entry) -> dict[str, str]:
        estimate, interval, p, n = entry.printed_numbers
        parts = [f"{estimate} {interval}".strip(), p_phrase(p), n and f"N = {n}"]
        return {
            "key": anchor_key(entry),
            "verdict": entry.verdict,
            "sign": SIGNS[entry.verdict],
            "evidence": self.labels[entry.evidence],
            "numbers": ", ".join(filter(None, parts)),
        }


def bands_of(entry: Entry, scale: Scale) -> list[tuple[str, float, float]]:
    """Return the regions of a judgement's rule as kind and ends, as far as they are on a scale."""
    bands = ((region.kind, band_of(region, scale)) for region in entry.regions)
    return [(kind, *ends) for kind, ends in bands if ends is not None]


def compact(view: View) -> View:
    """Return a view without slots that are empty, or implied by the verdict or other slots."""
    entry = view["entry"]
    slots = {slot: value for slot, value in view.items() if slot not in _TOLD and value}
    if view["scale"] is not None:
        slots["plot"] = [_short(value) for value in (entry.estimate, *(entry.interval or ()))]
        if view["bands"]:
            slots["bands"] = [[kind, _short(low), _short(high)] for kind, low, high in view["bands"]]
    return slots


def compress(document: object) -> str:
    """Return compressed JSON: browsers read megabytes of text far more slowly than they unpack them."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _group_text(entry: Entry) -> str:
    if not entry.group:
        return ""
    detail = f", a detail of the judgement on {entry.pooled_in}" if entry.pooled_in else ""
    return f"{entry.group} ({entry.role}{detail})"


def _facts_text(facts: Mapping[str, str]) -> str:
    """Return facts on evidence in one line, without those that have lines of their own."""
    others = (name for name in facts if name not in ("sha256", "determined_by", "label", COMMITTED))
    told = [f"{name}: {facts[name]}" for name in others]
    committed = change_of_text(facts.get(COMMITTED, ""))
    return "; ".join([*told, *([f"committed: {committed.described}"] if committed else [])])
