"""The staging folder: notes between the processes of a run, and the figures of its ledger.

A folder shared by the controller and its workers. Workers leave here what must reach the controller even if
they crash: which tests there are, which claims these judge, and which evidence was loaded. A note that cannot
be written costs no verdict.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_claims.core.figures import digest_of
from pytest_claims.junit.properties import Property

STAGING = pytest.StashKey[Path]()
#: Whether figures are drawn; not where no ledger is written.
DRAWS = pytest.StashKey[bool]()
_COLLECTED = "collected.json"
_EVIDENCE = "evidence"
_FACTS = pytest.StashKey[dict[str, dict[str, str]]]()
_TESTS = pytest.StashKey[list["CollectedTest"]]()


class CollectedTest(NamedTuple):
    """A test that was collected, whether or not it will run.

    Parameters
    ----------
    properties : of the claim that it judges, as far as they are known; empty for an ordinary test
    why : why it will not run, one of :data:`pytest_claims.ledger.ledger.WHY_NOT_JUDGED`; empty if it will
    reason : more on that
    """

    nodeid: str
    properties: Sequence[Property] = ()
    why: str = ""
    reason: str = ""


def note_collected(config: pytest.Config, tests: list[CollectedTest]) -> None:
    """Leave a note on all tests, in order."""
    config.stash[_TESTS] = tests
    directory = config.stash.get(STAGING, None)
    if directory is not None:
        _write(directory / _COLLECTED, tests)


def collected_tests(config: pytest.Config) -> list[CollectedTest]:
    """Return the tests that any process noted; empty if none did so far."""
    if _TESTS in config.stash:
        return config.stash[_TESTS]
    directory = config.stash.get(STAGING, None)
    notes = None if directory is None else _read(directory / _COLLECTED)
    return [
        CollectedTest(nodeid, tuple((name, value) for name, value in properties), why, reason)
        for nodeid, properties, why, reason in notes or ()
    ]


def note_evidence(config: pytest.Config, name: str, facts: Mapping[str, str]) -> None:
    """Leave a note on the facts of loaded evidence."""
    config.stash.setdefault(_FACTS, {})[name] = dict(facts)
    directory = config.stash.get(STAGING, None)
    if directory is not None:
        _write(directory / _EVIDENCE / f"{digest_of(name)}.json", {"name": name, "facts": dict(facts)})


def evidence_facts(config: pytest.Config) -> dict[str, dict[str, str]]:
    """Return the facts of all evidence that any process loaded, by name, sorted."""
    facts = config.stash.get(_FACTS, {}).copy()
    directory = config.stash.get(STAGING, None)
    for path in [] if directory is None else (directory / _EVIDENCE).glob("*.json"):
        note = _read(path)
        if note is not None:
            facts[note["name"]] = note["facts"]
    return dict(sorted(facts.items()))


def _write(path: Path, document: object) -> None:
    # Workers write the same file with the same content; the rename makes that harmless.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        unfinished.write_text(json.dumps(document), encoding="utf-8")
        unfinished.replace(path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
