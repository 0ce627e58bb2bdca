"""Personas read from TOML; a broken rule is one error that names file, key and expectation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guarded_files.schema import Array, Section
from guarded_files.schema_values import NAME, Kind, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.study.content_words import content_words, mentions, phrase_lemmas
from marker_coupling.study.persona_rules import (
    KEY_PATTERN,
    description_requirement,
    lexical_overlaps,
    name_requirement,
)
from marker_coupling.study.personas import (
    ASSISTANT,
    NegativePair,
    NegativePool,
    Persona,
    PersonaPool,
    RegisteredPersonas,
)

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
_NAMES = Array(NAME, MOST_PERSONAS, "names", 0)
EXCLUDED = Section({"everywhere": _NAMES, "as_sources_or_negatives": _NAMES})


class PersonaFileError(ValueError):
    """A file of personas is not sound; one line naming file, key and expectation."""


@dataclass(frozen=True)
class _Entry:
    """A persona with its file and key, for messages."""

    persona: Persona
    document: TomlDocument
    key: str

    @property
    def file(self) -> str:
        return self.document.path.name

    @property
    def phrases(self) -> dict[str, str]:
        return dict(zip(("name", "descriptions[0]", "descriptions[1]"), self.persona.phrases, strict=True))

    def wrong(self, key: str, expected: str, got: object) -> ValueError:
        return self.document.wrong(f"{self.key}.{key}", expected, got)


def read_registered_personas(folder: Path) -> RegisteredPersonas:
    """Read the personas of a registered study and check that its pools are disjoint.

    Parameters
    ----------
    folder : with ``personas.toml``, ``calibration.toml`` and ``reference_panel.toml``, each with an array of
        tables ``personas`` of ``key``, ``category``, ``name`` and two ``descriptions``; ``negatives.toml``
        with an array of tables ``pairs``, each of ``seed`` and the tables ``ordinary`` and ``far_out``, and a
        table ``spare``, a pair without a seed; and ``excluded.toml``, names that are barred from all pools or
        from sources and negatives

    Raises
    ------
    PersonaFileError
        A key is missing, unknown or ill-typed; a phrase does not fit a sentence; two phrases of a persona
        share a content word; two personas have one key, name or description, or a phrase names another
        persona; a category has not two personas, a seed two pairs; or a barred name is used.
    """
    sources = _read_pool_entries(folder / "personas.toml", CATEGORY_SIZE)
    calibration = _read_pool_entries(folder / "calibration.toml", CATEGORY_SIZE)
    panel = _read_pool_entries(folder / "reference_panel.toml")
    negatives, negative_entries = _read_negative_entries(folder / "negatives.toml")
    every = [*sources, *calibration, *panel, *negative_entries]
    _check_distinct(every)

    excluded = read_document(folder / "excluded.toml", EXCLUDED, PersonaFileError)
    _check_barred(every, excluded["everywhere"], "in any pool")
    barred_as_sources = excluded["as_sources_or_negatives"]
    _check_barred([*sources, *negative_entries], barred_as_sources, "among sources and negatives")
    return RegisteredPersonas(_pool(sources), _pool(calibration), _pool(panel), negatives)


def _pool(entries: Iterable[_Entry]) -> PersonaPool:
    return PersonaPool(tuple(entry.persona for entry in entries))


def _read_pool_entries(path: Path, category_size: int | None = None) -> list[_Entry]:
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


def _read_negative_entries(path: Path) -> tuple[NegativePool, list[_Entry]]:
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
    """Return a persona with its own phrases checked."""
    persona = Persona(table["key"], table["category"], table["name"], table["descriptions"])
    entry = _Entry(persona, document, key)
    if not KEY_PATTERN.fullmatch(persona.key) or persona.key == ASSISTANT:
        raise entry.wrong("key", f"a key in snake_case other than {ASSISTANT}", persona.key)
    if not KEY_PATTERN.fullmatch(persona.category):
        raise entry.wrong("category", "a category in snake_case", persona.category)
    for phrase_key, phrase in entry.phrases.items():
        requirement = name_requirement if phrase_key == "name" else description_requirement
        if expected := requirement(phrase):
            raise entry.wrong(phrase_key, expected, phrase)
    for overlap in lexical_overlaps(persona):
        other = "the name" if overlap.first == 0 else "the other description"
        common = "; ".join(f"{second!r} and {first!r}" for first, second in overlap.words)
        expected = f"no content word of {other} of {persona.key}, in any form ({common})"
        raise entry.wrong(f"descriptions[{overlap.second - 1}]", expected, persona.phrases[overlap.second])
    return entry


def _check_distinct(entries: list[_Entry]) -> None:
    """Check that personas, of one pool or of several, have keys, names and descriptions of their own."""
    seen: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        persona = entry.persona
        name = "".join(content_words(persona.name))
        distinct = {"key": persona.key, **entry.phrases, "name": name}
        for key, value in distinct.items():
            other = seen.setdefault((key.partition("[")[0], value), entry)
            if other is not entry:
                expected = f"another than that of {other.persona.key} in {other.file}"
                raise entry.wrong(key, expected, getattr(persona, key, value))
    names = _names_by_first_lemma(entries)
    for entry in entries:
        for key, phrase in entry.phrases.items():
            for other in _find_mentions(phrase, names):
                if other is not entry:
                    where = f"{other.persona.key} in {other.file}"
                    raise entry.wrong(key, f"a phrase without the name of {where}", phrase)


def _names_by_first_lemma(entries: Iterable[_Entry]) -> dict[str, list[_Entry]]:
    """Index personas by the normal forms of the first content word of their names."""
    names: dict[str, list[_Entry]] = {}
    for entry in entries:
        for lemma in phrase_lemmas(entry.persona.name)[0]:
            names.setdefault(lemma, []).append(entry)
    return names


def _find_mentions(phrase: str, names: dict[str, list[_Entry]]) -> Iterator[_Entry]:
    """Yield the personas that a phrase mentions by name."""
    present: frozenset[str] = frozenset().union(*phrase_lemmas(phrase))
    for lemma in sorted(present):
        for entry in names.get(lemma, ()):
            if mentions(phrase, entry.persona.name):
                yield entry


def _check_barred(entries: Iterable[_Entry], barred: Iterable[str], where: str) -> None:
    # By the first content word, of which there is one at least in a name that can be mentioned.
    names: dict[str, list[str]] = {}
    for name in barred:
        for words in phrase_lemmas(name)[:1]:
            for lemma in words:
                names.setdefault(lemma, []).append(name)
    for entry in entries:
        present: frozenset[str] = frozenset().union(*phrase_lemmas(entry.persona.name))
        for name in sorted({name for lemma in present for name in names.get(lemma, ())}):
            if mentions(entry.persona.name, name):
                expected = f"a persona other than {name!r}, which is barred {where}"
                raise entry.wrong("name", expected, entry.persona.name)
