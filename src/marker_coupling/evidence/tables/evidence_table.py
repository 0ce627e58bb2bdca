"""A user's own table as evidence, and evidence as such a table.

One row a source persona. Columns, of which only ``persona`` and one measure must be there:

- ``persona``
- ``cosine_to_assistant``
- ``js_to_assistant``, nats
- ``marker_hits`` and ``marker_samples``, or ``source_rate`` and ``marker_samples``
- ``hits_under_assistant``: hits of this row's adapter under the assistant's prompt
- ``hits_under_<persona>`` for every persona of the table: the whole leakage matrix
- ``samples_under_...`` beside any of these two, where it is not ``marker_samples``

Other columns are ignored, unless their name is nearly one of these.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from guarded_files import quoted
from guarded_files.normal_form import normal_form
from marker_coupling.evidence.tables.cells import (
    count_column,
    float_column,
    name_column,
    refuse_constant,
    refuse_missing,
)
from marker_coupling.evidence.tables.table import KnownColumns, Table
from marker_coupling.evidence.tables.table_file import read_table
from marker_coupling.evidence.values.evidence import Evidence
from marker_coupling.evidence.values.fields import FloatArray, IntArray
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.evidence.values.measures import DISTANCE_RANGES, NUMBER_COLUMNS
from marker_coupling.study.personas import ASSISTANT

FEWEST_PERSONAS = 4
HITS_UNDER = "hits_under_"
SAMPLES_UNDER = "samples_under_"
#: Known columns, each with those that make it unnecessary.
KNOWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "persona": (),
    **dict.fromkeys(DISTANCE_RANGES, ()),
    "marker_hits": ("source_rate",),
    "marker_samples": (),
    "source_rate": ("marker_hits",),
    HITS_UNDER + ASSISTANT: (),
    SAMPLES_UNDER + ASSISTANT: ("marker_samples",),
}
TABLE_COLUMNS = KnownColumns("persona", frozenset(KNOWN_COLUMNS), (HITS_UNDER, SAMPLES_UNDER))
#: How alike two names must be for one to be taken as a slip of the other (0 to 1).
NEAR_MISS = 0.85
LONGEST_COMPARED_NAME = 64
#: How far a rounded rate times its samples may be from a whole number of hits.
HITS_TOLERANCE = 0.05
#: A rate printed beside its counts may have been rounded to whole per cent.
RATE_TOLERANCE = 0.0051
LONGEST_EVIDENCE_NAME = 64


def read_evidence(path: Path) -> Evidence:
    """Read a CSV, JSON or Parquet table of personas; see this module for its columns.

    Parameters
    ----------
    path : ends in .csv, .tsv, .json or .parquet

    Returns
    -------
    Evidence
        Named after the file, with the personas in the order of the rows.

    Raises
    ------
    EvidenceError
        One line naming the file, row, column and expectation.
    """
    return evidence_from_table(read_table(path, TABLE_COLUMNS), evidence_name(path))


def evidence_name(path: Path) -> str:
    """Return a file's name without suffix, reduced to the characters of a test's id."""
    ascii_stem = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_stem)[:LONGEST_EVIDENCE_NAME].strip("-.")
    return name or "table"


def evidence_from_table(table: Table, name: str) -> Evidence:
    """Return the evidence that a table holds; parameters and errors are those of `read_evidence`."""
    _refuse_near_misses(table)
    personas = name_column(table, "persona")
    forms = [normal_form(persona) for persona in personas]
    if ASSISTANT in forms:
        expected = f"expected source personas only, distances are taken to {ASSISTANT!r}: leave its row out"
        table.fail(expected, row=forms.index(ASSISTANT), column="persona")
    if len(personas) < FEWEST_PERSONAS:
        table.fail(f"expected at least {FEWEST_PERSONAS} personas, got {len(personas)}")
    samples = count_column(table, "marker_samples", 1) if "marker_samples" in table.columns else None
    hits = _source_hits(table, samples)
    leakage = _leakage(table, personas, samples)
    if hits is not None and samples is not None and leakage is not None and leakage.is_complete:
        _check_source_hits(table, hits, samples, leakage)
    if samples is not None and hits is None and leakage is None:
        refuse_missing(table, "marker_hits", " or 'source_rate' beside 'marker_samples'")
    evidence = Evidence(
        name=name,
        personas=personas,
        cosine_to_assistant=_distance(table, "cosine_to_assistant", "a cosine"),
        js_to_assistant=_distance(table, "js_to_assistant", "a divergence in nats"),
        marker_hits=hits,
        marker_samples=None if hits is None else samples,
        leakage=leakage,
        source=table.path.name,
    )
    if not any(measure in KNOWN_COLUMNS or measure.startswith("leak") for measure in evidence.measures):
        table.fail(
            "expected at least one measure: 'cosine_to_assistant', 'js_to_assistant', or 'marker_hits' "
            "with 'marker_samples'"
        )
    if "source_rate" in evidence.measures and np.ptp(evidence.source_rate) == 0:
        table.fail(f"expected source rates that differ, all {len(personas)} are {evidence.source_rate[0]:g}")
    return evidence


def write_evidence(evidence: Evidence, path: Path) -> None:
    """Write evidence as a CSV table that `read_evidence` reads.

    Only the numbers that a table has columns for are written: no rounding, published statistics or training
    counts.

    Parameters
    ----------
    evidence : with at least one of its columns measured
    path : overwritten
    """
    columns: dict[str, Sequence[object]] = {"persona": evidence.personas}
    for column in NUMBER_COLUMNS:
        values = getattr(evidence, column)
        if values is not None:
            columns[column] = values.tolist()
    if evidence.leakage is not None:
        for index, prompt in enumerate(evidence.leakage.prompts):
            samples = evidence.leakage.samples[:, index]
            columns[HITS_UNDER + prompt] = evidence.leakage.hits[:, index].tolist()
            if evidence.marker_samples is None or (samples != evidence.marker_samples).any():
                columns[SAMPLES_UNDER + prompt] = samples.tolist()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _refuse_near_misses(table: Table) -> None:
    present = dict.fromkeys(table.names)
    missing = [
        known
        for known, others in KNOWN_COLUMNS.items()
        if known not in present and present.keys().isdisjoint(others)
    ]
    for column in present:
        if column in TABLE_COLUMNS or len(column) > LONGEST_COMPARED_NAME:
            continue
        spelled = re.sub(r"[\W_]+", "_", column.casefold()).strip("_")
        if near := difflib.get_close_matches(spelled, missing, n=1, cutoff=NEAR_MISS):
            table.fail(f"unknown column, did you mean {near[0]!r}?", column=column)


def _distance(table: Table, column: str, unit: str) -> FloatArray | None:
    if column not in table.columns:
        return None
    low, high = DISTANCE_RANGES[column]
    hint = "; multiply bits by 0.6931 to get nats" if column == "js_to_assistant" else ""
    values = float_column(table, column, low, high, unit, hint)
    refuse_constant(table, column, values)
    return values


def _source_hits(table: Table, samples: IntArray | None) -> IntArray | None:
    """Return hits under each source's own prompt, from the column of counts or that of rates."""
    stated = next((column for column in ("marker_hits", "source_rate") if column in table.columns), None)
    if stated is None:
        return None
    if samples is None:
        refuse_missing(table, "marker_samples", f" beside {stated!r}")
    if stated == "source_rate":
        return _hits_by_rate(table, samples)
    hits = _hits(table, "marker_hits", samples)
    if "source_rate" in table.columns:
        rate = _source_rate(table)
        for row in np.flatnonzero(np.abs(rate - hits / samples) > RATE_TOLERANCE):
            counted = f"marker_hits / marker_samples, {hits[row]}/{samples[row]}"
            table.fail(f"expected {counted}, got {rate[row]:g}", row=int(row), column="source_rate")
    return hits


def _hits(table: Table, column: str, samples: IntArray) -> IntArray:
    hits = count_column(table, column)
    for row in np.flatnonzero(hits > samples):
        table.fail(
            f"expected at most the {samples[row]} samples, got {hits[row]}", row=int(row), column=column
        )
    return hits


def _source_rate(table: Table) -> FloatArray:
    return float_column(table, "source_rate", 0, 1, "a share", "; write a percentage as a share of 1")


def _hits_by_rate(table: Table, samples: IntArray) -> IntArray:
    rate = _source_rate(table)
    exact = rate * samples
    hits: IntArray = np.rint(exact).astype(np.int64)
    for row in np.flatnonzero(np.abs(exact - hits) > HITS_TOLERANCE):
        expected = f"expected a whole number of hits in {samples[row]} samples, got the rate {rate[row]:g}"
        table.fail(f"{expected}: give marker_hits instead", row=int(row), column="source_rate")
    return np.clip(hits, 0, samples)


def _leakage(table: Table, personas: tuple[str, ...], samples: IntArray | None) -> Leakage | None:
    prompts = _prompts(table, HITS_UNDER, personas)
    for prompt in _prompts(table, SAMPLES_UNDER, personas):
        if prompt not in prompts:
            refuse_missing(table, HITS_UNDER + prompt, f" beside {quoted(SAMPLES_UNDER + prompt)}")
    if not prompts:
        return None
    if prompts != [ASSISTANT]:
        for persona in personas:
            if persona not in prompts:
                refuse_missing(table, HITS_UNDER + persona, ", as there is one for another persona")
    hits_by_prompt, samples_by_prompt = [], []
    for prompt in prompts:
        under = samples
        if SAMPLES_UNDER + prompt in table.columns:
            under = count_column(table, SAMPLES_UNDER + prompt, 1)
        if under is None:
            refuse_missing(table, "marker_samples", f" or {quoted(SAMPLES_UNDER + prompt)}")
        hits_by_prompt.append(_hits(table, HITS_UNDER + prompt, under))
        samples_by_prompt.append(under)
    return Leakage(personas, tuple(prompts), np.stack(hits_by_prompt, 1), np.stack(samples_by_prompt, 1))


def _prompts(table: Table, prefix: str, personas: tuple[str, ...]) -> list[str]:
    known = {*personas, ASSISTANT}
    prompts = []
    for column in table.columns:
        if not column.startswith(prefix):
            continue
        prompt = column.removeprefix(prefix)
        if prompt not in known:
            near = difflib.get_close_matches(prompt[:LONGEST_COMPARED_NAME], sorted(known)[:1000], n=1)
            hint = f", did you mean {quoted(prefix + near[0])}?" if near else ""
            table.fail(
                f"expected a persona of this table, or {ASSISTANT!r}, after {prefix!r}{hint}", column=column
            )
        prompts.append(prompt)
    return prompts


def _check_source_hits(table: Table, hits: IntArray, samples: IntArray, leakage: Leakage) -> None:
    stated = "marker_hits" if "marker_hits" in table.columns else "source_rate"
    for row, counts in enumerate(zip(*leakage.own_counts(), strict=True)):
        if counts != (hits[row], samples[row]):
            table.fail(
                f"expected the {hits[row]} of {samples[row]} in {stated!r}, got {counts[0]} of {counts[1]}",
                row=row,
                column=HITS_UNDER + leakage.sources[row],
            )
