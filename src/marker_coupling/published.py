"""The published study as evidence: two tables and what was printed about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marker_coupling.evidence import ASSISTANT, Evidence, EvidenceError, Leakage, PublishedStatistic
from marker_coupling.evidence_table import evidence_from_table
from marker_coupling.table_cells import count_column, name_column
from marker_coupling.table_file import read_table
from marker_coupling.toml_file import TomlTable, read_toml

NAME = "published"


def load_published(directory: Path) -> Evidence:
    """Read ``personas.csv``, ``leakage.csv`` and ``published.toml``.

    Raises
    ------
    EvidenceError
        A file is missing or broken; one line naming file, key or row, and what was expected.
    """
    table = evidence_from_table(read_table(directory / "personas.csv"), NAME)
    printed = read_toml(directory / "published.toml", EvidenceError)
    source, training = printed.table("source"), printed.table("training")
    leakage = _leakage(directory / "leakage.csv", table.personas, source.integer("samples_per_prompt", 1))
    evidence = Evidence(
        name=NAME,
        personas=table.personas,
        cosine_to_assistant=table.cosine_to_assistant,
        js_to_assistant=table.js_to_assistant,
        marker_hits=table.marker_hits,
        marker_samples=table.marker_samples,
        leakage=leakage,
        rounding=printed.table("rounding").numbers(),
        published_statistics=tuple(_statistic(entry) for entry in printed.tables("statistic")),
        trained_positives=training.integer("positives"),
        trained_examples=training.integer("examples", 1),
        source=source.text("citation"),
        properties={
            "base_model": source.text("base_model"),
            "hidden_state": str(source.integer("hidden_state")),
            "blocks": str(source.integer("blocks", 1)),
        },
    )
    for part in (source, training, printed):
        part.refuse_unknown()
    return evidence


def half_width(printed: str) -> float:
    """Return half a unit of the last digit of a printed number: ``"0.039"`` gives 0.0005."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def _leakage(path: Path, personas: tuple[str, ...], samples: int) -> Leakage:
    table = read_table(path)
    sources = name_column(table, "source")
    prompts = tuple(column for column in table.columns if column != "source")
    if set(sources) != set(personas) or set(prompts) != {*personas, ASSISTANT}:
        raise EvidenceError(
            f"{path}: expected a row and a column for each persona of personas.csv, and a column 'assistant'"
        )
    by_prompt = np.stack([count_column(table, prompt) for prompt in prompts], axis=1)
    hits = by_prompt[[sources.index(persona) for persona in personas]]
    return Leakage(personas, prompts, hits, np.full_like(hits, samples))


def _statistic(entry: TomlTable) -> PublishedStatistic:
    printed = {key: entry.text(key) for key in ("r", "p")}
    numbers = {}
    for key, text in printed.items():
        try:
            numbers[key] = float(text)
        except ValueError:
            raise entry.wrong(key, "a number as it was printed, in quotes", text) from None
    return PublishedStatistic(
        x=entry.text("x"),
        y=entry.text("y"),
        r=numbers["r"],
        r_half_width=half_width(printed["r"]),
        p=numbers["p"],
        p_half_width=half_width(printed["p"]),
    )
