"""Registered personas, read from TOML; a broken rule is one error that names file, key and expectation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guarded_files.normal_form import normal_form
from guarded_files.schema import Array, Section
from guarded_files.schema_values import NAME, Kind, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.study.personas import (
    ASSISTANT,
    NegativePair,
    NegativePool,
    Persona,
    PersonaPool,
    RegisteredPersonas,
)

KEY_PATTERN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
CATEGORY_SIZE = 2
MOST_PERSONAS = 10_000
_DESCRIPTION = Text(300, one_line=True)
_FIELDS: dict[str, Kind] = {
    "key": NAME,
    "name": NAME,
    "descriptions": Array(_DESCRIPTION, 2, "descriptions", 2),
}
_PERSONA = Section(_FIELDS)
_PAIR: dict[str, Kind] = {"ordinary": _PERSONA, "far_out": _PERSONA}
#: All that the files may hold.
POOL = Section(
    {"personas": Array(Section(_FIELDS | {"category": NAME}), MOST_PERSONAS, "tables", distinct=False)}
)
_SEEDED_PAIR = Section(_PAIR | {"seed": Whole(0, 2**63 - 1)})
NEGATIVES = Section({"pairs": Array(_SEEDED_PAIR, 1000, "tables", distinct=False), "spare": Section(_PAIR)})


class PersonaFileError(ValueError):
    """A file of personas is not sound; one line naming file, key and expectation."""


@dataclass(frozen=True)
class _Entry:
    """A persona with its file and key, for messages."""

    persona: Persona
    document: TomlDocument
    key: str

    def wrong(self, key: str, expected: str, got: object) -> ValueError:
        return self.document.wrong(f"{self.key}.{key}", expected, got)


def read_registered_personas(folder: Path) -> RegisteredPersonas:
    """Read the personas of a registered study and check that its pools are disjoint.

    Parameters
    ----------
    folder : with the pools ``personas.toml``, ``calibration.toml`` and ``reference_panel.toml``: arrays of
        tables ``personas``, each with ``key``, ``category``, ``name`` and two ``descriptions``; and with
        ``negatives.toml``: an array of tables ``pairs``, each with ``seed`` and the tables ``ordinary`` and
        ``far_out``, and a table ``spare``, a pair without a seed

    Raises
    ------
    PersonaFileError
        A key is missing, unknown or ill-typed; a category has not its two personas; two pairs have one seed;
        or two personas, of one pool or of two, have one key, name or description.
    """
    sources = _read_pool(folder / "personas.toml", CATEGORY_SIZE)
    calibration = _read_pool(folder / "calibration.toml", CATEGORY_SIZE)
    panel = _read_pool(folder / "reference_panel.toml", None)
    negatives, negative_entries = _read_negatives(folder / "negatives.toml")
    _check_distinct([*sources, *calibration, *panel, *negative_entries])
    return RegisteredPersonas(_pool(sources), _pool(calibration), _pool(panel), negatives)


def _pool(entries: Iterable[_Entry]) -> PersonaPool:
    return PersonaPool(tuple(entry.persona for entry in entries))


def _read_pool(path: Path, category_size: int | None) -> list[_Entry]:
    document = read_document(path, POOL, PersonaFileError)
    entries = [
        _check_entry(document, f"personas[{index}]", table)
        for index, table in enumerate(document["personas"])
    ]
    if category_size is not None:
        categories = _pool(entries).categories
        for entry in entries:
            size = len(categories[entry.persona.category])
            if size != category_size:
                expected = f"{category_size} personas in every category, not {size}"
                raise entry.wrong("category", expected, entry.persona.category)
    return entries


def _read_negatives(path: Path) -> tuple[NegativePool, list[_Entry]]:
    document = read_document(path, NEGATIVES, PersonaFileError)
    entries: list[_Entry] = []

    def pair_of(key: str, table: Mapping[str, Any]) -> NegativePair:
        pair = [
            _check_entry(document, f"{key}.{role}", table[role] | {"category": role})
            for role in ("ordinary", "far_out")
        ]
        entries.extend(pair)
        return NegativePair(*(entry.persona for entry in pair))

    pairs: dict[int, NegativePair] = {}
    for index, table in enumerate(document["pairs"]):
        if table["seed"] in pairs:
            raise document.wrong(f"pairs[{index}].seed", "a seed that no other pair has", table["seed"])
        pairs[table["seed"]] = pair_of(f"pairs[{index}]", table)
    return NegativePool(pairs, pair_of("spare", document["spare"])), entries


def _check_entry(document: TomlDocument, key: str, table: Mapping[str, Any]) -> _Entry:
    persona = Persona(table["key"], table["category"], table["name"], table["descriptions"])
    entry = _Entry(persona, document, key)
    if not KEY_PATTERN.fullmatch(persona.key) or persona.key == ASSISTANT:
        raise entry.wrong("key", f"a key in snake_case other than {ASSISTANT}", persona.key)
    if not KEY_PATTERN.fullmatch(persona.category):
        raise entry.wrong("category", "a category in snake_case", persona.category)
    return entry


def _check_distinct(entries: Iterable[_Entry]) -> None:
    """Check that personas, of one pool or of several, have keys, names and descriptions of their own."""
    seen: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        first, second = entry.persona.descriptions
        texts = {"key": entry.persona.key, "name": entry.persona.name}
        for key, text in (texts | {"descriptions[0]": first, "descriptions[1]": second}).items():
            other = seen.setdefault((key.partition("[")[0], normal_form(text)), entry)
            if other is not entry:
                expected = f"another than that of {other.persona.key} in {other.document.path.name}"
                raise entry.wrong(key, expected, text)
