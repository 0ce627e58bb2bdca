"""The controller's part: gather reports, write the ledger, rewrite the record, print the table.

Under ``pytest-xdist`` this runs in the controller alone; without it, in the only process there is.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_claims.junit.properties import is_claim_property
from pytest_claims.running import staging
from pytest_claims.running.run import Run
from pytest_claims.running.staging import CollectedTest

if TYPE_CHECKING:
    from pytest_claims.running.conclusion import Conclusion


class LedgerSession:
    """The hooks that gather a run's reports and make the ledger of them.

    Parameters
    ----------
    run : to which reports are added
    asked_by : option or ini value that named the ledger's folder, for messages
    """

    def __init__(self, run: Run, asked_by: str) -> None:
        self._run = run
        self._asked_by = asked_by
        self._conclusion: Conclusion | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look at the ledger's folder and make the staging folder, before any worker starts."""
        run, option, stash = self._run, session.config.option, session.config.stash
        failed_before = getattr(session.config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None)
        run.only_failed = bool(getattr(option, "lf", False) and failed_before)
        if option.collectonly or getattr(option, "setuponly", False):
            run.folder = None  # nothing is judged
        if run.folder is None:
            return
        from pytest_claims.ledger.folder import LAST_REPORT, create_staging
        from pytest_claims.ledger.mark import standing_ledger

        run.pytests_report = self._report_within(run.folder)
        try:
            standing_ledger(run.folder, run.pytests_report)
            staged = create_staging(run.folder)
        except OSError as error:
            written = f"expected a folder that can be written: {error.strerror}"
            expected = str(error) if error.strerror is None else written
            raise pytest.UsageError(f"{self._asked_by} {run.folder}: {expected}") from error
        stash[staging.STAGING], stash[staging.DRAWS] = staged, True
        if run.pytests_report == "junit.xml" and (run.folder / "junit.xml").is_file():
            (staged / LAST_REPORT).write_bytes((run.folder / "junit.xml").read_bytes())

    def _report_within(self, folder: Path) -> str:
        given = getattr(self._run.config.option, "xmlpath", None)
        if not given:
            return ""
        path = self._run.config.invocation_params.dir / Path(given).expanduser()
        return path.name if path.parent.resolve() == folder.resolve() else ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Tell an xdist worker the staging folder."""
        if staging.STAGING not in self._run.config.stash:
            # Without a ledger there are notes all the same, for the table.
            from pytest_claims.ledger.folder import create_staging

            with contextlib.suppress(OSError):
                self._run.config.stash[staging.STAGING] = create_staging(None)
        directory = self._run.config.stash.get(staging.STAGING, None)
        if directory is not None:
            draws = self._run.config.stash.get(staging.DRAWS, False)
            node.workerinput["claims_staging"] = (str(directory), draws)  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report."""
        self._run.reports.append(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the report of a file that could not be collected."""
        if not report.passed:
            self._run.uncollected[report.nodeid] = report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Conclude the run; a ledger that cannot be written fails it."""
        directory = self._run.config.stash.get(staging.STAGING, None)
        try:
            collected = staging.collected_tests(self._run.config)
            # Most runs of most projects judge no claim: they shall not pay for those that do.
            if self._judges_claims(collected) or self._run.record_to_rewrite is not None:
                from pytest_claims.running.conclusion import conclude

                self._conclusion = conclude(self._run, session, collected, directory, exitstatus)
                if self._conclusion.failed:
                    session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        finally:
            if directory is not None:
                shutil.rmtree(directory, ignore_errors=True)

    def _judges_claims(self, collected: Sequence[CollectedTest]) -> bool:
        return any(test.properties for test in collected) or any(
            is_claim_property(pair) for report in self._run.reports for pair in report.user_properties
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """End with the table of verdicts."""
        if self._conclusion is not None:
            from pytest_claims.rendering.terminal import write_conclusion

            write_conclusion(terminalreporter, self._conclusion.ledger, self._conclusion.remarks)
