"""Closing words of a run: the number of claims of each verdict, and that a refuted one is a finding.

pytest counts refuted claims and broken measurements alike as failures; these lines tell them apart. pytest
imports this module in every run of every project: it imports no more than it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pytest_claims.junit.properties import PREFIX, is_claim_property

_ORDER = ("supported", "refuted", "inconclusive", "uninformative")


@dataclass
class _Judged:
    """State of one test, from the phases that have been reported."""

    verdict: str = ""
    #: Only an inference is a finding, and so is what comes from before there were kinds.
    kind: str = "inference"
    claim: str = ""
    group: str = ""
    role: str = ""
    remark: str = ""
    failed: bool = False


class ClosingWords:
    """Counter of the verdicts in reports, which writes them at the end."""

    def __init__(self) -> None:
        self._judged: dict[str, _Judged] = {}
        self._complete = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the verdict in a report; a test that is run again is judged again."""
        if report.when == "setup":
            self._judged.pop(report.nodeid, None)
        properties = {pair[0]: pair[1] for pair in report.user_properties if is_claim_property(pair)}
        if not properties and not getattr(report, "claim_error", False):
            return
        judged = self._judged.setdefault(report.nodeid, _Judged())
        judged.verdict = str(properties.get(PREFIX + "verdict", judged.verdict))
        judged.kind = str(properties.get(PREFIX + "kind", judged.kind))
        judged.claim = f"{properties.get(PREFIX + 'id')}[{properties.get(PREFIX + 'parameters')}]"
        judged.group = str(properties.get(PREFIX + "evidence_group", ""))
        judged.role = str(properties.get(PREFIX + "evidence_role", ""))
        judged.remark = str(properties.get(PREFIX + "record", judged.remark))
        judged.failed = judged.failed or report.failed
        if report.failed and report.when != "call":
            judged.verdict = ""  # what came before or after it is broken

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Note if the run came to its end."""
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self._complete = ended and not session.shouldfail and not session.shouldstop

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the closing words."""
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """Yield the closing words, none where no claim was judged."""
        tests = [test for test in self._judged.values() if test.verdict or test.failed]
        if not tests:
            return
        from pytest_claims.running.outcome import differs_from_record

        judged = [test for test in tests if test.verdict]
        pooled = {(test.claim, test.group) for test in judged if test.role == "pooled"}
        findings: list[_Judged] = []
        others: list[_Judged] = []
        for test in judged:
            is_detail = test.role == "member" and (test.claim, test.group) in pooled
            (others if is_detail or test.kind != "inference" else findings).append(test)
        broken = len(tests) - len(judged)
        errors = f"{broken} without a verdict, as something is broken" if broken else "no errors"
        ended = "the run came to its end" if self._complete else "the run was ended early"
        if others:
            found = ", ".join(_counts(findings)) or "none"
            yield f"{ended}: findings: {found}; other judgements: {', '.join(_counts(others))}; {errors}"
        else:
            yield f"{ended}: {', '.join([*_counts(findings), errors])}"
        changed = sum(differs_from_record(test.remark) for test in tests)
        if changed:
            yield f"{changed} of them {'differs' if changed == 1 else 'differ'} from the record"
        if any(
            test.failed and test.verdict == "refuted" and not differs_from_record(test.remark)
            for test in tests
        ):
            yield (
                "a refuted claim is a finding, not a fault of the run; it fails so that nobody overlooks it: "
                "--claims-report-only lets findings pass, --claims-record puts them on record"
            )


def _counts(tests: list[_Judged]) -> list[str]:
    counts = Counter(test.verdict for test in tests)
    return [f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts[verdict]]
