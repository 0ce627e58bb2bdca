"""Claims that are known and were not judged, and the parts of a whole run that were left out.

Known is what was collected, and what the last ledger tells of tests outside the paths that pytest was given.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_claims.junit.properties import KNOWN_BEFOREHAND, PREFIX, Property, value_by_name
from pytest_claims.junit.suite import Case
from pytest_claims.ledger.ledger import DESELECTED, NOT_COLLECTED, NOT_REACHED, SKIPPED, UNFED, WHY_PARTIAL
from pytest_claims.running.reports import address_of, uncollected_case, unrun_case
from pytest_claims.running.run import Run
from pytest_claims.running.staging import CollectedTest

_OUTSIDE = "its file is outside the paths that pytest was given"
_UNREADABLE = "its file could not be collected"
_SOME_COLLECTED = "only some tests of its file were collected"


@dataclass(frozen=True)
class Selection:
    """Known claims that a run left out.

    Parameters
    ----------
    cases : one for each claim that was not judged because no test of it ran
    partial : a sentence on what of the tests was not run; empty for a whole run
    vanished : number of judgements of the last ledger whose tests are no longer there
    """

    cases: tuple[Case, ...]
    partial: str
    vanished: int


@dataclass(frozen=True)
class Visited:
    """Test files that a run looked at.

    Parameters
    ----------
    root : to which ids of tests are relative
    paths : files and folders that pytest was given; ``None`` if it was given none
    tests : whether single tests were named, or only those that failed were collected
    ignored : files may have been ignored
    failed : ids of files that could not be collected
    skipped : reasons of files that skipped themselves, by id
    """

    root: Path
    paths: tuple[Path, ...] | None
    tests: bool
    ignored: bool
    failed: frozenset[str]
    skipped: Mapping[str, str]

    @classmethod
    def by(cls, run: Run) -> Visited:
        """Read the arguments of a run, and its reports on files."""
        config, uncollected = run.config, run.uncollected
        given = None if config.args_source is pytest.Config.ArgsSource.TESTPATHS else config.args
        arguments = [str(argument) for argument in config.invocation_params.args]
        start = config.invocation_params.dir
        paths = [Path(os.path.normpath(start / _path_of(text))) for text in given or ()]
        is_whole = given is None or config.rootpath in paths or config.getoption("pyargs", False)
        return cls(
            root=config.rootpath,
            paths=None if is_whole else tuple(paths),
            tests=any("::" in text for text in given or ()) or run.only_failed,
            ignored=any(argument.startswith("--ignore") for argument in arguments),
            failed=frozenset(_path_of(nodeid) for nodeid, report in uncollected.items() if report.failed),
            skipped={
                _path_of(nodeid): uncollected_case(report).message
                for nodeid, report in uncollected.items()
                if report.skipped
            },
        )

    def why_missing(self, file: str) -> str:
        """Return the reason for which a test of a file may not have been collected; empty if it is gone."""
        path = self.root / file
        if not path.is_file():
            return ""
        if file in self.failed:
            return _UNREADABLE
        if self.paths is not None and not any(path.is_relative_to(given) for given in self.paths):
            return _OUTSIDE
        return _SOME_COLLECTED if self.tests or self.ignored else ""


def selection_of(
    cases: Sequence[Case],
    collected: Sequence[CollectedTest],
    last: Sequence[Case],
    visited: Visited,
    stopped: str = "",
) -> Selection:
    """Find the claims that were not judged.

    Parameters
    ----------
    cases : of tests that ran
    collected : tests that were collected, whether or not they ran
    last : cases of claims in the last ledger
    stopped : why the run ended before its time; empty if it did not
    """
    ran = {(case.classname, case.name) for case in cases}
    unrun = [
        unrun_case(test, test.why or NOT_REACHED, test.reason if test.why else stopped)
        for test in collected
        if any(name == PREFIX + "id" for name, _ in test.properties) and address_of(test.nodeid) not in ran
    ]
    known = {_identity(case) for case in (*cases, *unrun)}
    files = {_path_of(test.nodeid) for test in collected}
    vanished = 0
    for case in last:
        if _identity(case) in known or (PREFIX + "not_judged", UNFED) in case.properties:
            continue
        if case.file in visited.skipped:
            unrun.append(_uncollected(case, SKIPPED, visited.skipped[case.file]))
            continue
        why = visited.why_missing(case.file)
        if why == _SOME_COLLECTED and not visited.tests and case.file in files:
            why = ""  # nothing of a file is ignored by itself
        if why:
            unrun.append(_uncollected(case, NOT_COLLECTED, why))
        else:
            vanished += "verdict" in value_by_name(case.properties)
    return Selection(tuple(unrun), _partial(unrun, visited), vanished)


def _partial(unrun: Sequence[Case], visited: Visited) -> str:
    counts = Counter(dict(case.properties)[PREFIX + "not_judged"] for case in unrun)
    parts = [f"{counts[why]} {why}" for why in (DESELECTED, NOT_REACHED, NOT_COLLECTED) if counts[why]]
    total = sum(counts[why] for why in WHY_PARTIAL)
    sentences = []
    if total:
        judgements = "judgement was" if total == 1 else "judgements were"
        sentences.append(f"{total} known {judgements} not run ({', '.join(parts)})")
    if visited.failed:
        files = "file" if len(visited.failed) == 1 else "files"
        sentences.append(f"{len(visited.failed)} {files} could not be collected")
    if visited.tests and not total:
        sentences.append("only some tests were collected")
    return "; ".join(sentences)


def _uncollected(case: Case, why: str, reason: str) -> Case:
    kept: list[Property] = [
        (PREFIX + name, value)
        for name, value in value_by_name(case.properties).items()
        if name in KNOWN_BEFOREHAND
    ]
    unrun = unrun_case(CollectedTest("", kept), why, reason)
    return replace(unrun, classname=case.classname, name=case.name, file=case.file, line=case.line)


def _identity(case: Case) -> tuple[str, str, str]:
    properties = value_by_name(case.properties)
    return properties.get("id", ""), properties.get("parameters", ""), properties.get("evidence", "")


def _path_of(argument: str) -> str:
    return argument.partition("::")[0]
