"""The original study as evidence: its two tables, and what it printed beside them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from guarded_files import quoted
from guarded_files.schema import Section, Sections
from guarded_files.schema_values import LONGEST_NAME, Choice, Real, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.evidence.tables.cells import count_column, name_column
from marker_coupling.evidence.tables.evidence_table import TABLE_COLUMNS, evidence_from_table
from marker_coupling.evidence.tables.table import fail_at
from marker_coupling.evidence.tables.table_file import read_table
from marker_coupling.evidence.values.evidence import (
    COLUMNS,
    DISTANCE_RANGES,
    Evidence,
    EvidenceError,
    Leakage,
    PublishedStatistic,
)
from marker_coupling.study.experiment_design import TOKENS
from marker_coupling.study.labels import LABELS, read_labels
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.study import BLOCKS

NAME = "published"
_COUNT = Whole(1, 1_000_000)
_PRINTED = Text(20, one_line=True)
_COLUMN = Choice(COLUMNS)
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
        # Half widths: of what is printed with at least one digit after the point.
        "rounding": Section({column: Real(1e-12, 0.05) for column in DISTANCE_RANGES}),
        "statistic": Sections(Section({"x": _COLUMN, "y": _COLUMN, "r": _PRINTED, "p": _PRINTED}), 100),
        "labels": LABELS,
    },
    frozenset({"labels"}),
)
PRINTED_NUMBER = re.compile(r"[+-]?[0-9]+\.([0-9]+)")


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
        # Only now can leakage contradict the table, or rounding be no half width.
        fail_at(directory / "leakage.csv" if str(error).startswith("leakage") else printed, "", str(error))


def half_width(printed: str) -> float:
    """Return half a unit of the last digit of a printed decimal: 0.0005 for "0.039".

    Raises
    ------
    EvidenceError
        The text is not a decimal number with digits after the point.
    """
    match = PRINTED_NUMBER.fullmatch(printed)
    if match is None:
        raise EvidenceError(f"expected a decimal number as printed, got {quoted(printed)}")
    return 0.5 * 10.0 ** -len(match[1])


def _statistics(document: TomlDocument) -> tuple[PublishedStatistic, ...]:
    statistics = []
    for index, entry in enumerate(document["statistic"]):
        key = f"statistic[{index}]"
        r, r_half_width = _rounded(document, f"{key}.r", entry["r"])
        p, p_half_width = _rounded(document, f"{key}.p", entry["p"])
        try:
            statistic = PublishedStatistic(entry["x"], entry["y"], r, r_half_width, p, p_half_width)
        except EvidenceError as error:
            fail_at(document.path, f"key {key}", str(error))
        statistics.append(statistic)
    return tuple(statistics)


def _rounded(document: TomlDocument, key: str, printed: str) -> tuple[float, float]:
    try:
        return float(printed), half_width(printed)
    except ValueError:
        raise document.wrong(key, "a decimal number as printed, such as '-0.66'", printed) from None


def _leakage(path: Path, personas: tuple[str, ...], samples: int) -> Leakage:
    table = read_table(path)
    sources = name_column(table, "source")
    prompts = tuple(column for column in table.columns if column != "source")
    for expected, found, what in ((personas, sources, "row"), ((*personas, ASSISTANT), prompts, "column")):
        if different := sorted(set(expected) ^ set(found)):
            missing = different[0] in expected
            fail_at(path, f"{what} {quoted(different[0])}", "missing" if missing else "not in personas.csv")
    hits = np.stack([count_column(table, prompt) for prompt in prompts], axis=1)
    if (hits > samples).any():
        row, column = (int(k) for k in np.argwhere(hits > samples)[0])
        table.fail(
            f"expected at most {samples} hits, got {hits[row, column]}", row=row, column=prompts[column]
        )
    order = [sources.index(persona) for persona in personas]
    return Leakage(personas, prompts, hits[order], np.full_like(hits, samples))
