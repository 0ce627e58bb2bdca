"""The original study as evidence: its two tables, and what it printed beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from marker_coupling.evidence import ASSISTANT, Evidence, EvidenceError, Leakage, PublishedStatistic
from marker_coupling.evidence_table import evidence_from_table
from marker_coupling.table import fail_at, quoted
from marker_coupling.table_cells import count_column, name_column
from marker_coupling.table_file import read_table

NAME = "published"
#: Every section and key of published.toml, each with what it must hold.
KEYS: Mapping[str, Mapping[str, type]] = {
    "study": {"citation": str, "base_model": str, "hidden_state": int, "blocks": int},
    "training": {"positives": int, "examples": int},
    "evaluation": {
        "questions": int,
        "samples_per_question": int,
        "temperature": float,
        "top_p": float,
        "max_new_tokens": int,
    },
    "rounding": {"cosine_to_assistant": float, "js_to_assistant": float},
}
STATISTIC_KEYS: Mapping[str, type] = {"x": str, "y": str, "r": str, "p": str}
KIND_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    dict: "a section",
}
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
    document = _document(printed)
    study, training, evaluation, rounding = (_section(printed, document, name) for name in KEYS)
    statistics = _statistics(printed, document)
    evidence = evidence_from_table(read_table(directory / "personas.csv"), NAME)
    samples = evaluation["questions"] * evaluation["samples_per_question"]
    if evidence.marker_samples is None or (evidence.marker_samples != samples).any():
        expected = f"expected {samples} in every row, questions x samples_per_question of {printed.name}"
        fail_at(directory / "personas.csv", "column 'marker_samples'", expected)
    leakage = _leakage(directory / "leakage.csv", evidence.personas, samples)
    try:
        return replace(
            evidence,
            leakage=leakage,
            rounding=rounding,
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


def _document(path: Path) -> dict[str, object]:
    try:
        document: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fail_at(path, "", "no such file")
    except OSError as error:
        fail_at(path, "", f"cannot be read: {error.strerror or type(error).__name__}")
    except (ValueError, RecursionError) as error:
        fail_at(path, "", f"expected TOML: {str(error)[:80]}")
    unknown = sorted(document.keys() - KEYS.keys() - {"statistic"})
    if unknown:
        fail_at(path, f"key {quoted(unknown[0])}", f"unknown, expected {', '.join(KEYS)} or statistic")
    return document


def _section(path: Path, document: Mapping[str, object], name: str) -> Mapping[str, Any]:
    return _checked(path, name, document.get(name), KEYS[name])


def _checked(path: Path, place: str, section: object, kinds: Mapping[str, type]) -> Mapping[str, Any]:
    if not isinstance(section, dict):
        _fail_key(path, place, dict, section)
    unknown = sorted(section.keys() - kinds.keys())
    if unknown:
        fail_at(path, f"key {quoted(f'{place}.{unknown[0]}')}", f"unknown, expected {', '.join(kinds)}")
    for key, kind in kinds.items():
        # A bool is an int to Python, and to nobody else.
        value = section.get(key)
        accepted = (int, float) if kind is float else kind
        if not isinstance(value, accepted) or isinstance(value, bool):
            _fail_key(path, f"{place}.{key}", kind, value)
    return section


def _fail_key(path: Path, key: str, kind: type, value: object) -> NoReturn:
    got = "nothing" if value is None else quoted(value)
    fail_at(path, f"key {quoted(key)}", f"expected {KIND_NAMES[kind]}, got {got}")


def _statistics(path: Path, document: Mapping[str, object]) -> tuple[PublishedStatistic, ...]:
    entries = document.get("statistic")
    if not isinstance(entries, list) or not entries:
        fail_at(path, "key 'statistic'", f"expected an array of tables, got {quoted(entries)}")
    statistics = []
    for index, entry in enumerate(entries):
        key = f"statistic[{index}]"
        printed = _checked(path, key, entry, STATISTIC_KEYS)
        r, r_half_width = _rounded(path, f"{key}.r", printed["r"])
        p, p_half_width = _rounded(path, f"{key}.p", printed["p"])
        try:
            statistic = PublishedStatistic(printed["x"], printed["y"], r, r_half_width, p, p_half_width)
        except EvidenceError as error:
            fail_at(path, f"key {quoted(key)}", str(error))
        statistics.append(statistic)
    return tuple(statistics)


def _rounded(path: Path, key: str, printed: str) -> tuple[float, float]:
    try:
        return float(printed), half_width(printed)
    except ValueError:
        expected = f"expected a decimal number as printed, such as '-0.66', got {quoted(printed)}"
        fail_at(path, f"key {quoted(key)}", expected)


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
