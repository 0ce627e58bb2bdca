"""The controller's part: gather reports, write the ledger, rewrite the record, print the table.

Under ``pytest-xdist`` this runs in the controller alone; without it, in the only process there is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_claims.junit.properties import is_claim_property
from pytest_claims.running import staging
from pytest_claims.running.staging import CollectedTest

if TYPE_CHECKING:
    from pytest_claims.ledger.record import Record
    from pytest_claims.running.conclusion import Conclusion


class LedgerSession:
    """Everything that the run has reported so far, and what is made of it at the end.

    Parameters
    ----------
    ledger : folder of the ledger; ``None`` if none is written
    embed_figures : the page holds its figures, rather than showing the files beside it
    record_to_rewrite : file and present content, if ``--claims-record`` was given
    asked_by : what named the folder, for messages
    """

    def __init__(
        self,
        config: pytest.Config,
        ledger: Path | None,
        embed_figures: bool,
        record_to_rewrite: tuple[Path, Record] | None,
        asked_by: str = "--ledger",
    ) -> None:
        self.config = config
        self.ledger_directory = ledger
        self.embed_figures = embed_figures
        self._asked_by = asked_by
        #: Name of the report that pytest itself writes into the ledger's folder, if it is asked to.
        self.pytests_report = ""
        self.record_to_rewrite = record_to_rewrite
        self.reports: list[pytest.TestReport] = []
        #: Files that could not be collected or skipped themselves; several workers report the same.
        self.uncollected: dict[str, pytest.CollectReport] = {}
        self.only_failed = False
        self.started, self.clock = time.time(), time.perf_counter()
        self._conclusion: Conclusion | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Look at the ledger's folder and make the staging folder, before any worker starts."""
        option = self.config.option
        failed_before = getattr(self.config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None)
        self.only_failed = bool(getattr(option, "lf", False) and failed_before)
        if option.collectonly or getattr(option, "setuponly", False):
            self.ledger_directory = None  # nothing is judged
        if self.ledger_directory is None:
            return
        self.pytests_report = self._report_within(self.ledger_directory)
        try:
            if self.ledger_directory.exists() or self.ledger_directory.is_symlink():
                from pytest_claims.ledger.mark import standing_ledger

                standing_ledger(self.ledger_directory, self.pytests_report)
            self.config.stash[staging.STAGING] = staging.create_staging(self.ledger_directory)
        except OSError as error:
            written = f"expected a folder that can be written: {error.strerror}"
            expected = str(error) if error.strerror is None else written
            raise pytest.UsageError(f"{self._asked_by} {self.ledger_directory}: {expected}") from error
        self.config.stash[staging.DRAWS] = True
        if self.pytests_report == "junit.xml" and (self.ledger_directory / "junit.xml").is_file():
            from pytest_claims.ledger.folder import LAST_REPORT

            last = self.config.stash[staging.STAGING] / LAST_REPORT
            last.write_bytes((self.ledger_directory / "junit.xml").read_bytes())

    def _report_within(self, folder: Path) -> str:
        given = getattr(self.config.option, "xmlpath", None)
        if not given:
            return ""
        path = self.config.invocation_params.dir / Path(given).expanduser()
        return path.name if path.parent.resolve() == folder.resolve() else ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Tell an xdist worker where the staging folder is."""
        if staging.STAGING not in self.config.stash:
            # Without a ledger there are notes all the same, for the table.
            with contextlib.suppress(OSError):
                self.config.stash[staging.STAGING] = staging.create_staging(None)
        directory = self.config.stash.get(staging.STAGING, None)
        if directory is not None:
            draws = self.config.stash.get(staging.DRAWS, False)
            node.workerinput["claims_staging"] = (str(directory), draws)  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report."""
        self.reports.append(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if not report.passed:
            self.uncollected[report.nodeid] = report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Write what was found; a ledger that cannot be written fails the run."""
        directory = self.config.stash.get(staging.STAGING, None)
        try:
            collected = staging.collected(self.config)
            # Most runs of most projects judge no claim: they shall not pay for those that do.
            if self._judges_claims(collected) or self.record_to_rewrite is not None:
                from pytest_claims.running.conclusion import conclude

                self._conclusion = conclude(self, session, collected, directory, exitstatus)
                if self._conclusion.failed:
                    session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        finally:
            if directory is not None:
                staging.discard(directory)

    def _judges_claims(self, collected: Sequence[CollectedTest]) -> bool:
        return any(test.properties for test in collected) or any(
            is_claim_property(pair) for report in self.reports for pair in report.user_properties
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """End with the table of verdicts."""
        if self._conclusion is not None:
            from pytest_claims.rendering.terminal import write_conclusion

            write_conclusion(terminalreporter, self._conclusion.ledger, self._conclusion.remarks)
