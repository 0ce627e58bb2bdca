"""Numbers of all judgements as they are, for the files that the page offers: CSV and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.rendering.matrix import Row

#: Columns of a file. Values of a row or a column of the matrix are kept once.
OF_ROW = ("claim", "statement", "question", "kind", "family", "rule", "source", "headline")
OF_COLUMN = ("evidence", "evidence_label", "evidence_origin", "evidence_sha256")
OF_CELL = (
    "verdict", "statistic", "estimate", "ci_low", "ci_high", "ci_level", "p_value", "p_adjusted", "n",
    "needed_n", "pooled_in",
)  # fmt: skip


def records_of(
    ledger: Ledger, rows: Sequence[Row], columns: Sequence[str], with_texts: bool
) -> dict[str, Any]:
    """Return the numbers of all judgements by row and column of the matrix.

    Parameters
    ----------
    with_texts : reason and digest are among them; else the page has them elsewhere
    """
    sha256 = {entry.evidence: entry.evidence_sha256 for entry in ledger.entries}
    return {
        "of_row": OF_ROW,
        "of_column": OF_COLUMN,
        "of_cell": OF_CELL,
        "columns": [
            (name, ledger.label_of(name), ledger.origin_of(name), sha256.get(name, "")) for name in columns
        ],
        "rows": [
            {
                "row": [getattr(row.first, "name" if name == "claim" else name) for name in OF_ROW],
                "cells": [_cell(row.entries.get(name), with_texts) for name in columns],
            }
            for row in rows
        ],
    }


def _cell(entry: Entry | None, with_texts: bool) -> list[Any] | None:
    if entry is None:
        return None
    values = [getattr(entry, name) for name in OF_CELL]
    if entry.interval is None:
        values[OF_CELL.index("ci_level")] = None
    return [*values, entry.reason] if with_texts else values
