"""The record of known verdicts during a run: read at its beginning, rewritten at its end if asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_claims.junit.suite import Case
from pytest_claims.ledger.record import (
    Record,
    RecordError,
    keep_aside,
    read_record,
    recorded_verdicts,
    write_record,
)
from pytest_claims.running.run import path_text

#: Not there if no file is named for the record.
RECORD = pytest.StashKey[Record]()
#: True if the file could not be read, so that it is kept when the record is written anew.
_UNREADABLE = pytest.StashKey[bool]()


def load_record(config: pytest.Config, path: Path, recording: bool) -> None:
    """Read the record; an unreadable file is a usage error, unless ``recording`` will rewrite it."""
    try:
        record = read_record(path)
    except RecordError as error:
        if not recording:
            raise pytest.UsageError(str(error)) from error
        record = {}
        config.stash[_UNREADABLE] = True
    config.stash[RECORD] = record


def verdict_on_record(config: pytest.Config, claim: str, determined_by: str) -> str | None:
    """Return the recorded verdict on a claim; ``None`` where there is none."""
    recorded = config.stash.get(RECORD, Record()).get((claim, determined_by))
    return None if recorded is None else recorded.verdict


def rewrite_record(config: pytest.Config, path: Path, cases: Iterable[Case]) -> list[str]:
    """Put a run's verdicts on record; return lines for the terminal, on a fault one with ``ERROR``."""
    decided, conflicts = recorded_verdicts(cases)
    remarks = []
    try:
        if config.stash.get(_UNREADABLE, False):
            kept = keep_aside(path)
            remarks.append(f"record: the file that could not be read is now {path_text(config, kept)}")
        write_record(path, config.stash[RECORD] | decided)
    except (OSError, ValueError) as error:
        return [*remarks, f"ERROR: {path}: the record was not written: {error}"]
    written = f"record: {len(decided)} verdicts written to {path_text(config, path)}"
    return [*remarks, *conflicts, written]
