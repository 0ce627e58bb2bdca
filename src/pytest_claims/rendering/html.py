"""The ledger as one self-contained page: a summary, claims across evidence, a judgement behind each cell."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_claims.core.kind import Kind
from pytest_claims.ledger.document import digest_of_ledger, json_bytes
from pytest_claims.ledger.families import adjustment_text
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.ledger.summary import NOT_JUDGED, evidence_of_headlines, summarize
from pytest_claims.rendering.citation import cite_document
from pytest_claims.rendering.definitions import definitions
from pytest_claims.rendering.evidence_table import evidence_table
from pytest_claims.rendering.forest import WIDTH, forest_of
from pytest_claims.rendering.links import anchor_key, evidence_key
from pytest_claims.rendering.matrix import (
    FEW_COLUMNS,
    Group,
    column_view,
    columns_of,
    folded_of,
    groups_of,
    row_data,
)
from pytest_claims.rendering.page import render_page
from pytest_claims.rendering.records import records_of
from pytest_claims.rendering.views import Views, compact, compress

#: Up to so many judgements stand below the matrix, where they can be read, searched and printed without a
#: script; more would make the page slow, and open from its data instead.
MOST_LISTED = 300
#: Claims that were not judged, of which the page lists so many; ledger.json has all.
MOST_NOT_JUDGED = 1000
STYLE = ("page.css", "summary.css", "ledger.css", "matrix.css", "judgement.css", "print.css")
SCRIPT = ("state.js", "facets.js", "matrix.js", "judgement.js", "download.js", "start.js")


def as_html(
    ledger: Ledger,
    embedded: Mapping[str, str] | None = None,
    most_listed: int = MOST_LISTED,
    document: bytes | None = None,
) -> str:
    """Return the ledger as an HTML page; all text from the report is escaped.

    Parameters
    ----------
    embedded : data URLs of figures by their path; ``None`` if figures lie beside the page
    most_listed : judgements up to which the page lists them all
    document : content of ``ledger.json``, whose digest is cited; by default as it would be written
    """
    columns = columns_of(ledger)
    groups = groups_of(ledger, MOST_NOT_JUDGED)
    rows = [row for group in groups for row in group.rows]
    views = Views(ledger, embedded)
    listed = len(ledger.entries) <= most_listed
    summary = summarize(ledger)
    judgements = (
        [views.view(entry, row.scale) for row in rows for entry in row.entries.values()] if listed else []
    )
    details = "" if listed else compress([_details(row.entries, columns, views, row.scale) for row in rows])
    return render_page(
        "ledger.html",
        style=STYLE,
        script=SCRIPT,
        ledger=ledger,
        ran=views.run,
        summary=summary,
        forests=[forest_of(ledger, headline) for headline in summary.headlines],
        forest_width=WIDTH,
        not_judged_verdict=NOT_JUDGED,
        by_origin=evidence_of_headlines(ledger, summary),
        provenance=evidence_table(ledger),
        matrix=_matrix(ledger, groups, columns, views, listed),
        findings=_decided_findings(ledger, most_listed),
        kinds=ledger.counts_by_kind(),
        lost=ledger.significance_lost,
        adjustment=adjustment_text,
        judgements=judgements,
        details=details,
        records=compress(records_of(ledger, rows, columns, with_texts=listed)),
        labels=views.labels,
        not_judged=ledger.not_judged[:MOST_NOT_JUDGED],
        further=len(ledger.not_judged) - MOST_NOT_JUDGED,
        citation=cite_document(
            ledger, digest_of_ledger(json_bytes(ledger) if document is None else document)
        ),
        terms=definitions(ledger.terms),
        anchor_key=anchor_key,
        evidence_key=evidence_key,
        blank=collections.defaultdict(str),
    )


def _matrix(
    ledger: Ledger, groups: Sequence[Group], columns: Sequence[str], views: Views, listed: bool
) -> dict[str, Any]:
    """Return the matrix, and its data for the script."""
    counts, folded = ledger.counts_by_evidence(), folded_of(ledger)
    heads = [column_view(name, views.labels[name], counts[name], name in folded) for name in columns]
    return {
        "judged": len(ledger.entries),
        "claims": sum(len(group.rows) for group in groups),
        "few": len(columns) <= FEW_COLUMNS,
        "columns": heads,
        "groups": groups,
        "data": {
            "judged": len(ledger.entries),
            "listed": listed,
            "run": views.run,
            "cite": views.cite,
            "questions": [group.rows[0].first.question if group.rows else "" for group in groups],
            "columns": [
                {"key": head["key"], "evidence": head["label"], "folded": head["folded"]} for head in heads
            ],
            "rows": [
                row_data(row, columns, index) for index, group in enumerate(groups) for row in group.rows
            ],
        },
    }


def _decided_findings(ledger: Ledger, most: int) -> list[Entry]:
    """Return the first judgements of inferences that are supported or refuted, for paper."""
    decided = (
        entry
        for entry in ledger.entries
        if entry.kind == Kind.INFERENCE and not entry.pooled_in and entry.verdict in ("supported", "refuted")
    )
    return list(decided)[:most]


def _details(
    entries: Mapping[str, Entry], columns: Sequence[str], views: Views, scale: Any
) -> dict[str, Any]:
    """Return the judgements of a row as the script fills them in."""
    row: dict[str, Any] = {
        "views": [compact(views.view(entries[name], scale)) if name in entries else None for name in columns]
    }
    if scale is not None:
        row["scale"] = {"low": scale.low, "high": scale.high, "ticks": [[t, f"{t:g}"] for t in scale.ticks]}
    return row
