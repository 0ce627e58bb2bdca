"""Where a run keeps what will become the ledger, until it is known that a claim was decided.

A folder beside the ledger, shared by the controller and its workers. Workers leave here what must reach
the controller even if they crash: which tests there are, which claims these judge, and which evidence
was loaded.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_claims.figures import DIRECTORY as FIGURES
from pytest_claims.properties import Property

STAGING = pytest.StashKey[Path | None]()
_COLLECTED = "collected.json"
_EVIDENCE = "evidence"


def create_staging(ledger: Path) -> Path:
    """Make a fresh staging folder on the file system of ``ledger``.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    ledger.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{ledger.name}-", dir=ledger.parent))


def note_collected(staging: Path, tests: list[tuple[str, list[Property]]]) -> None:
    """Leave the ids of all tests, in order, each with the properties known before it runs."""
    _write(staging / _COLLECTED, tests)


def collected(staging: Path) -> dict[str, list[Property]]:
    """Return what :func:`note_collected` left; empty if no process came so far."""
    path = staging / _COLLECTED
    if not path.exists():
        return {}
    return {
        nodeid: [(name, value) for name, value in properties]
        for nodeid, properties in json.loads(path.read_text(encoding="utf-8"))
    }


def note_evidence(staging: Path, name: str, facts: Mapping[str, str]) -> None:
    """Leave the facts that identify a loaded evidence."""
    (staging / _EVIDENCE).mkdir(exist_ok=True)
    _write(staging / _EVIDENCE / f"{name}.json", dict(facts))


def loaded_evidence(staging: Path) -> dict[str, dict[str, str]]:
    """Return the facts of every evidence that any process loaded, by name, sorted."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((staging / _EVIDENCE).glob("*.json"))
    }


def publish(staging: Path, ledger: Path, files: Mapping[str, bytes]) -> None:
    """Replace the ledger by ``files`` and the staged figures. Anything else in ``ledger`` stays.

    Raises
    ------
    OSError
        The ledger's folder cannot be written; what stood there is kept as far as it can be.
    """
    ledger.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (staging / name).write_bytes(content)
    (staging / FIGURES).mkdir(exist_ok=True)
    if (ledger / FIGURES).exists():
        (ledger / FIGURES).replace(staging / "replaced")
    (staging / FIGURES).replace(ledger / FIGURES)
    for name in files:
        (staging / name).replace(ledger / name)


def discard(staging: Path) -> None:
    """Remove the staging folder."""
    shutil.rmtree(staging, ignore_errors=True)


def _write(path: Path, document: object) -> None:
    # Workers write the same file with the same content; the rename makes that harmless.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(document), encoding="utf-8")
    unfinished.replace(path)
