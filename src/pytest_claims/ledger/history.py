"""History of each claim's estimates and verdicts over many reports, in the order of their runs."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_claims.ledger.comparison import has_moved
from pytest_claims.ledger.ledger import Entry, Ledger


@dataclass(frozen=True)
class Run:
    """A report and the name of its file."""

    name: str
    ledger: Ledger


@dataclass(frozen=True)
class Track:
    """The judgements of one claim on one body of evidence over all runs.

    Parameters
    ----------
    entries : one for each run, ``None`` where the run has no such judgement; at least one is there
    """

    entries: tuple[Entry | None, ...]

    @property
    def present(self) -> tuple[Entry, ...]:
        """The entries that are not missing."""
        return tuple(entry for entry in self.entries if entry is not None)

    @property
    def last(self) -> Entry:
        """The latest entry."""
        return self.present[-1]

    @property
    def verdict_changed(self) -> bool:
        """True if the runs differ in the verdict."""
        return len({entry.verdict for entry in self.present}) > 1

    @property
    def moved(self) -> bool:
        """True if the estimate moved beyond its interval from one run to the next that has it."""
        return any(has_moved(old, new) for old, new in itertools.pairwise(self.present))

    def new_evidence(self) -> tuple[int, ...]:
        """Return the runs, counted from 0, in which the evidence's fingerprint changed."""
        digests = [
            (index, entry.evidence_sha256)
            for index, entry in enumerate(self.entries)
            if entry is not None and entry.evidence_sha256
        ]
        return tuple(index for (_, old), (index, new) in itertools.pairwise(digests) if new != old)


@dataclass(frozen=True)
class History:
    """Many runs and the tracks of all claims through them.

    Parameters
    ----------
    runs : the earliest first; runs whose start cannot be read come last, by name
    tracks : one for each claim and evidence, in the order of the latest run that has them
    left_out : files and parts of files that could not be read, one sentence each
    """

    runs: tuple[Run, ...]
    tracks: tuple[Track, ...]
    left_out: tuple[str, ...]


def report_files(given: Sequence[Path]) -> list[Path]:
    """Return files, each once, with folders replaced by the XML files in and below them."""
    files: dict[Path, Path] = {}
    for path in given:
        for file in sorted(path.rglob("*.xml")) if path.is_dir() else [path]:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def history_of(ledgers: Mapping[str, Ledger], refused: Iterable[str] = ()) -> History:
    """Sort ledgers by their start and follow every judgement through them.

    Parameters
    ----------
    ledgers : by the name of their file
    refused : sentences on files that could not be read
    """
    runs = sorted((Run(name, ledger) for name, ledger in ledgers.items()), key=_start)
    entries_of_runs = [{entry.key: entry for entry in run.ledger.entries} for run in runs]
    keys = dict.fromkeys(key for entries in reversed(entries_of_runs) for key in entries)
    tracks = (Track(tuple(entries.get(key) for entries in entries_of_runs)) for key in keys)
    parts = (f"{run.name}: {sentence}" for run in runs for sentence in run.ledger.left_out)
    return History(tuple(runs), tuple(tracks), (*refused, *parts))


def _start(run: Run) -> tuple[bool, float, str]:
    try:
        started = datetime.datetime.fromisoformat(run.ledger.run.get("started", ""))
        if started.tzinfo is None:
            started = started.replace(tzinfo=datetime.UTC)
        return False, started.timestamp(), run.name
    except (ValueError, OverflowError):
        return True, 0.0, run.name
