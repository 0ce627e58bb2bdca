"""The record: verdicts already known, kept in a small committed file.

Evidence is named by what determined it, not by its floats, so that a last digit that differs between
processors does not make a recorded verdict a new one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from guarded_files import read_json
from pytest_claims.core.claim import variant_name
from pytest_claims.core.verdict import UNINFORMATIVE, Verdict
from pytest_claims.junit.properties import value_by_name
from pytest_claims.junit.suite import Case

SCHEMA = 1
MOST_BYTES = 16 * 2**20
Kind = TypeVar("Kind")
#: Verdicts that a record can hold, also "the instrument tells nothing here".
RECORDABLE = frozenset([*(v.value for v in Verdict), UNINFORMATIVE])


class RecordError(ValueError):
    """The record file cannot be read; the message names file, key and what was expected."""


class RecordedVerdict(NamedTuple):
    """A verdict that is known, and the name of its evidence."""

    evidence: str
    verdict: str


#: By the claim's id, with the test's parameters if it has any, and by what determined the evidence.
Record = dict[tuple[str, str], RecordedVerdict]


def recorded_verdicts(cases: Iterable[Case]) -> tuple[Record, list[str]]:
    """Return the verdicts of a run that a record can hold, and a sentence on each that it cannot.

    Where the same claim has several verdicts on evidence that the same determined, the next run could not
    tell which is meant, so none is put on record.
    """
    decided: dict[tuple[str, str], dict[str, RecordedVerdict]] = {}
    for case in cases:
        properties = value_by_name(case.properties)
        if "evidence_determined_by" in properties and properties.get("verdict") in RECORDABLE:
            claim = variant_name(properties["id"], properties.get("parameters", ""))
            verdict = RecordedVerdict(properties["evidence"], properties["verdict"])
            key = (claim, properties["evidence_determined_by"])
            decided.setdefault(key, {})[verdict.verdict] = verdict
    kept = {key: min(verdicts.values()) for key, verdicts in decided.items() if len(verdicts) == 1}
    conflicts = [
        f"record: {claim} is left out: {' and '.join(sorted(verdicts))} on evidence determined by the same"
        for (claim, _), verdicts in decided.items()
        if len(verdicts) > 1
    ]
    return kept, conflicts


def read_record(path: Path) -> Record:
    """Read a record; a file that does not exist is an empty record.

    Raises
    ------
    RecordError
        The file is not JSON, or a key is missing, unknown or of the wrong kind.
    """
    if not path.exists():
        return {}
    document = read_json(path, MOST_BYTES, RecordError)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise RecordError(f"{path}: key 'schema': expected {SCHEMA}; rewrite it with --claims-record")
    verdicts: Record = {}
    for index, entry in enumerate(_of_kind(path, "evidence", document.get("evidence"), list)):
        key = f"evidence[{index}]"
        entry = _of_kind(path, key, entry, dict)
        name = _of_kind(path, f"{key}.name", entry.get("name"), str)
        determined_by = _of_kind(path, f"{key}.determined_by", entry.get("determined_by"), str)
        for claim, verdict in _of_kind(path, f"{key}.verdicts", entry.get("verdicts"), dict).items():
            if verdict not in RECORDABLE:
                expected = ", ".join(sorted(RECORDABLE))
                location = f"{path}: {key}.verdicts.{claim}"
                raise RecordError(f"{location}: expected one of {expected}, got {verdict!r}")
            verdicts[claim, determined_by] = RecordedVerdict(name, verdict)
    return verdicts


def write_record(path: Path, record: Record) -> None:
    """Write a record, sorted, so that a change of verdict is a change of one line."""
    grouped: dict[tuple[str, str], dict[str, str]] = {}
    for (claim, determined_by), recorded in record.items():
        grouped.setdefault((recorded.evidence, determined_by), {})[claim] = recorded.verdict
    document = {
        "schema": SCHEMA,
        "evidence": [
            {"name": name, "determined_by": determined_by, "verdicts": dict(sorted(verdicts.items()))}
            for (name, determined_by), verdicts in sorted(grouped.items())
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)


def keep_aside(path: Path) -> Path:
    """Rename a file that is no record of ours to a free name, and return that."""
    names = (path.with_name(f"{path.name}.old{number or ''}") for number in itertools.count())
    free = next(name for name in names if not name.exists())
    path.rename(free)
    return free


def _of_kind(path: Path, key: str, value: object, kind: type[Kind]) -> Kind:
    if not isinstance(value, kind):
        names: dict[type, str] = {list: "an array", dict: "a table", str: "a string"}
        raise RecordError(f"{path}: {key}: expected {names[kind]}, got {value!r:.60}")
    return value
