"""The end of a run in plain words: how many claims of which verdict, and that a refuted one is a finding.

pytest counts a refuted claim among the failures, beside what is broken. Whoever ran a study needs to know
which it was. pytest imports this module in every run of every project: it imports no more than it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pytest_claims.junit.properties import PREFIX

_ORDER = ("supported", "refuted", "inconclusive", "uninformative")


@dataclass
class _Judged:
    """State of one test, from the phases that have been reported."""

    verdict: str = ""
    remark: str = ""
    failed: bool = False


class ClosingWords:
    """Counts verdicts as their reports come, and says at the end what they were."""

    def __init__(self) -> None:
        self._judged: dict[str, _Judged] = {}
        self._complete = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what the report says; a test that is run again is judged again."""
        if report.when == "setup":
            self._judged.pop(report.nodeid, None)
        # A test may put anything among its properties.
        pairs = [pair for pair in report.user_properties if isinstance(pair, tuple | list) and len(pair) == 2]
        properties = {name: value for name, value in pairs if str(name).startswith(PREFIX)}
        if not properties and not getattr(report, "claim_error", False):
            return
        judged = self._judged.setdefault(report.nodeid, _Judged())
        judged.verdict = str(properties.get(PREFIX + "verdict", judged.verdict))
        judged.remark = str(properties.get(PREFIX + "record", judged.remark))
        judged.failed = judged.failed or report.failed
        if report.failed and report.when != "call":
            judged.verdict = ""  # what came before or after it is broken

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Note whether the run came to its end."""
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self._complete = ended and not session.shouldfail and not session.shouldstop

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """Yield the closing words, none where no claim was judged."""
        tests = [test for test in self._judged.values() if test.verdict or test.failed]
        if not tests:
            return
        from pytest_claims.running.outcome import differs_from_record

        counts = Counter(test.verdict for test in tests)
        verdicts = [f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts[verdict]]
        broken = counts[""]
        verdicts.append(f"{broken} without a verdict, as something is broken" if broken else "no errors")
        ended = "the run came to its end" if self._complete else "the run was ended early"
        yield f"{ended}: {', '.join(verdicts)}"
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
