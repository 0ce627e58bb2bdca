"""The published study as evidence: two tables and what was printed about them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from marker_coupling.evidence import ASSISTANT, Evidence, EvidenceError, Leakage, PublishedStatistic
from marker_coupling.evidence_table import evidence_of
from marker_coupling.table_file import read_table

NAME = "published"
Kind = TypeVar("Kind", str, int, float, list, dict)


def load_published(directory: Path) -> Evidence:
    """Read ``personas.csv``, ``leakage.csv`` and ``published.toml``.

    Raises
    ------
    EvidenceError
        A file is missing or broken; one line naming file, key or row, and what was expected.
    """
    table = evidence_of(read_table(directory / "personas.csv"), NAME)
    path = directory / "published.toml"
    try:
        printed = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvidenceError(f"{path}: expected a file that can be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path}: expected TOML: {error}") from error
    source = _get(path, printed, "source", dict)
    training = _get(path, printed, "training", dict)
    leakage = _leakage(
        directory / "leakage.csv", table.personas, _get(path, source, "samples_per_prompt", int)
    )
    to_assistant = leakage.prompts.index(ASSISTANT)
    return Evidence(
        name=NAME,
        personas=table.personas,
        cosine_to_assistant=table.cosine_to_assistant,
        js_to_assistant=table.js_to_assistant,
        marker_hits=table.marker_hits,
        marker_samples=table.marker_samples,
        leak_hits=leakage.hits[:, to_assistant],
        leak_samples=leakage.samples[:, to_assistant],
        leakage=leakage,
        rounding={key: float(value) for key, value in _get(path, printed, "rounding", dict).items()},
        published_statistics=tuple(
            _statistic(path, index, entry)
            for index, entry in enumerate(_get(path, printed, "statistic", list))
        ),
        trained_positives=_get(path, training, "positives", int),
        trained_examples=_get(path, training, "examples", int),
        source=_get(path, source, "citation", str),
        properties={"base_model": _get(path, source, "base_model", str)},
    )


def half_width(printed: str) -> float:
    """Return half a unit of the last digit of a printed number: ``"0.039"`` gives 0.0005."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def _leakage(path: Path, personas: tuple[str, ...], samples: int) -> Leakage:
    table = read_table(path)
    if not table.columns or table.columns[0] != "source":
        raise EvidenceError(f"{path}: expected 'source' as the first column")
    prompts = table.columns[1:]
    hits = {}
    for row in table.rows:
        try:
            hits[row.cells["source"]] = [int(row.cells[prompt]) for prompt in prompts]
        except ValueError as error:
            raise EvidenceError(f"{path}: {row.place}: expected whole numbers: {error}") from error
    if set(hits) != set(personas) or ASSISTANT not in prompts:
        raise EvidenceError(
            f"{path}: expected a row for each persona of personas.csv, and a column 'assistant'"
        )
    counts = np.array([hits[persona] for persona in personas])
    return Leakage(personas, prompts, counts, np.full_like(counts, samples))


def _statistic(path: Path, index: int, entry: Mapping[str, Any]) -> PublishedStatistic:
    texts = {key: _get(path, entry, key, str, f"statistic[{index}].") for key in ("x", "y", "r", "p")}
    try:
        r, p = float(texts["r"]), float(texts["p"])
    except ValueError as error:
        raise EvidenceError(
            f"{path}: statistic[{index}]: expected printed numbers in r and p: {error}"
        ) from error
    return PublishedStatistic(texts["x"], texts["y"], r, half_width(texts["r"]), p, half_width(texts["p"]))


def _get(path: Path, table: Mapping[str, Any], key: str, kind: type[Kind], prefix: str = "") -> Kind:
    value = table.get(key)
    if not isinstance(value, kind):
        raise EvidenceError(f"{path}: key {prefix}{key}: expected {kind.__name__}, got {value!r:.40}")
    return value
