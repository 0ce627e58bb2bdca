"""The published study as evidence: its two tables, and the statistics printed beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from guarded_files import quoted
from guarded_files.schema import Array, Section
from guarded_files.schema_values import LONGEST_NAME, Choice, Real, Text, Whole, mismatch
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.evidence.tables.cells import count_column, name_column
from marker_coupling.evidence.tables.evidence_table import TABLE_COLUMNS, evidence_from_table
from marker_coupling.evidence.tables.table import fail_at
from marker_coupling.evidence.tables.table_file import read_table
from marker_coupling.evidence.values.evidence import Evidence, EvidenceError, PublishedStatistic
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.evidence.values.measures import COLUMNS, DISTANCE_RANGES
from marker_coupling.study.experiment_design import TOKENS
from marker_coupling.study.labels import LABELS, read_labels
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.study import BLOCKS

NAME = "published"
_COUNT = Whole(1, 1_000_000)
_PRINTED_NUMBER = re.compile(r"[+-]?[0-9]+\.([0-9]+)")


@dataclass(frozen=True)
class PrintedDecimal:
    """A decimal number as a text, as it was printed, within a range."""

    low: float
    high: float

    def check(self, value: object) -> tuple[float, float]:
        """Return the number, and half a unit of its last digit: 0.039 and 0.0005 for "0.039"."""
        match = _PRINTED_NUMBER.fullmatch(value) if isinstance(value, str) and len(value) <= 20 else None
        if match is None or not self.low <= float(match[0]) <= self.high:
            raise mismatch(self, quoted(value))
        return float(match[0]), 0.5 * 10.0 ** -len(match[1])

    def __str__(self) -> str:
        return f"a decimal number as printed, such as '0.66', from {self.low:g} to {self.high:g}"


STATISTIC = Section(
    {"x": Choice(COLUMNS), "y": Choice(COLUMNS), "r": PrintedDecimal(-1, 1), "p": PrintedDecimal(0, 1)}
)
#: All that published.toml may hold.
PUBLISHED = Section(
    {
        "study": Section(
            {
                "citation": Text(1000, one_line=True),
                "base_model": Text(LONGEST_NAME, one_line=True),
                "hidden_state": BLOCKS,
                "blocks": BLOCKS,
            }
        ),
        "training": Section({"positives": Whole(0, 1_000_000), "examples": _COUNT}),
        "evaluation": Section(
            {
                "questions": _COUNT,
                "samples_per_question": _COUNT,
                "temperature": Real(0.01, 10),
                "top_p": Real(0.01, 1),
                "max_new_tokens": TOKENS,
            }
        ),
        # Half widths of numbers printed with at least one digit after the point.
        "rounding": Section({column: Real(1e-12, 0.05) for column in DISTANCE_RANGES}),
        "statistic": Array(STATISTIC, 100, "tables", distinct=False),
        "labels": LABELS,
    },
    frozenset({"labels"}),
)


def load_published(directory: Path) -> Evidence:
    """Read the original study from ``personas.csv``, ``leakage.csv`` and ``published.toml``.

    Parameters
    ----------
    directory : holds the three files

    Returns
    -------
    Evidence
        Named "published", with every measure of the original.

    Raises
    ------
    EvidenceError
        A file is missing or malformed, or two of them contradict each other; one line names file and key.
    """
    printed = directory / "published.toml"
    document = read_document(printed, PUBLISHED, EvidenceError)
    study, training, evaluation = (document[key] for key in ("study", "training", "evaluation"))
    statistics = _statistics(document)
    evidence = evidence_from_table(read_table(directory / "personas.csv", TABLE_COLUMNS), NAME)
    samples = evaluation["questions"] * evaluation["samples_per_question"]
    if evidence.marker_samples is None or (evidence.marker_samples != samples).any():
        expected = f"expected {samples} in every row, questions x samples_per_question of {printed.name}"
        fail_at(directory / "personas.csv", "column 'marker_samples'", expected)
    leakage = _leakage(directory / "leakage.csv", evidence.personas, samples)
    labels = read_labels(document, (*evidence.personas, ASSISTANT))
    try:
        return replace(
            evidence,
            leakage=leakage,
            labels=labels,
            rounding=document["rounding"],
            published_statistics=statistics,
            trained_positives=training["positives"],
            trained_examples=training["examples"],
            source=study["citation"],
            properties={
                "base_model": study["base_model"],
                "layer": "hidden_states[{hidden_state}] of {blocks} blocks".format_map(study),
                "sampling": (
                    "{questions} questions x {samples_per_question}, temperature {temperature}, "
                    "top-p {top_p}, at most {max_new_tokens} tokens"
                ).format_map(evaluation),
            },
        )
    except EvidenceError as error:
        # Only now can leakage contradict the table.
        fail_at(directory / "leakage.csv" if str(error).startswith("leakage") else printed, "", str(error))


def _statistics(document: TomlDocument) -> tuple[PublishedStatistic, ...]:
    statistics = []
    for index, entry in enumerate(document["statistic"]):
        try:
            statistics.append(PublishedStatistic(entry["x"], entry["y"], *entry["r"], *entry["p"]))
        except EvidenceError as error:
            fail_at(document.path, f"key statistic[{index}]", str(error))
    return tuple(statistics)


def _leakage(path: Path, personas: tuple[str, ...], samples: int) -> Leakage:
    table = read_table(path)
    sources = name_column(table, "source")
    prompts = tuple(column for column in table.columns if column != "source")
    for expected, names, axis in ((personas, sources, "row"), ((*personas, ASSISTANT), prompts, "column")):
        if different := sorted(set(expected) ^ set(names)):
            missing = different[0] in expected
            fail_at(path, f"{axis} {quoted(different[0])}", "missing" if missing else "not in personas.csv")
    hits = np.stack([count_column(table, prompt) for prompt in prompts], axis=1)
    if (hits > samples).any():
        row, column = (int(k) for k in np.argwhere(hits > samples)[0])
        table.fail(
            f"expected at most {samples} hits, got {hits[row, column]}", row=row, column=prompts[column]
        )
    order = [sources.index(persona) for persona in personas]
    return Leakage(personas, prompts, hits[order], np.full_like(hits, samples))
