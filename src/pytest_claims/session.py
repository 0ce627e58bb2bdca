"""The controller's part: gather reports, write the ledger, rewrite the record, print the table.

Under ``pytest-xdist`` this runs in the controller alone; without it, in the only process there is.
"""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_claims import staging
from pytest_claims.properties import PREFIX, Property, by_name

if TYPE_CHECKING:
    from pytest_claims.junit import Case, Suite
    from pytest_claims.ledger import Ledger
    from pytest_claims.record import Record


class LedgerSession:
    """Everything that the run has reported so far, and what is made of it at the end.

    Parameters
    ----------
    ledger : folder of the ledger; ``None`` if none is written
    embed_figures : the page holds its figures, rather than showing the files beside it
    record_to_rewrite : file and present content, if ``--claims-record`` was given
    """

    def __init__(
        self,
        config: pytest.Config,
        ledger: Path | None,
        embed_figures: bool,
        record_to_rewrite: tuple[Path, Record] | None,
    ) -> None:
        self._config = config
        self._ledger_directory = ledger
        self._embed_figures = embed_figures
        self._record_to_rewrite = record_to_rewrite
        self._reports: list[pytest.TestReport] = []
        self._started = datetime.datetime.now(datetime.UTC)
        self._clock = time.perf_counter()
        self._ledger: Ledger | None = None
        self._remarks: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Make the staging folder before any worker starts."""
        if self._ledger_directory is None or session.config.option.collectonly:
            return
        try:
            session.config.stash[staging.STAGING] = staging.create_staging(self._ledger_directory)
        except OSError as error:
            raise pytest.UsageError(
                f"--ledger {self._ledger_directory}: expected a folder that can be written: {error.strerror}"
            ) from error

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Tell an xdist worker where the staging folder is."""
        directory = self._config.stash.get(staging.STAGING, None)
        if directory is not None:
            node.workerinput["claims_staging"] = str(directory)  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report."""
        self._reports.append(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was found; a ledger that cannot be written fails the run."""
        directory = self._config.stash.get(staging.STAGING, None)
        known = {} if directory is None else staging.collected(directory)
        try:
            # Most runs of most projects judge no claim: they shall not pay for those that do.
            if self._judges_claims(known):
                self._conclude(session, directory, known)
            elif self._record_to_rewrite is not None:
                self._rewrite_record(*self._record_to_rewrite, ())
        finally:
            if directory is not None:
                staging.discard(directory)

    def _judges_claims(self, known: Mapping[str, list[Property]]) -> bool:
        return any(known.values()) or any(
            name.startswith(PREFIX) for report in self._reports for name, _ in report.user_properties
        )

    def _conclude(
        self, session: pytest.Session, directory: Path | None, known: Mapping[str, list[Property]]
    ) -> None:
        # Imported where a claim was judged, and nowhere else.
        from pytest_claims.junit import to_xml
        from pytest_claims.junit_reader import parse_suite
        from pytest_claims.ledger_reader import concerns_a_claim, ledger_of
        from pytest_claims.rendering import rendered

        suite = self._suite(directory, known)
        # Through the XML and back: what is shown now is what the archived file will show.
        report = to_xml(suite)
        self._ledger = ledger_of(parse_suite(report, "junit.xml", concerns_a_claim))
        if self._record_to_rewrite is not None:
            self._rewrite_record(*self._record_to_rewrite, suite.cases)
        if directory is None or self._ledger_directory is None:
            return
        try:
            if self._ledger.judged:
                files = {
                    "junit.xml": report,
                    **rendered(self._ledger, directory if self._embed_figures else None),
                }
                staging.publish(directory, self._ledger_directory, files)
                self._remarks.append(f"ledger: {self._shown(self._ledger_directory / 'ledger.html')}")
            elif self._ledger_directory.exists() and self._reports:
                kept = self._shown(self._ledger_directory)
                self._remarks.append(f"no claim was judged; {kept} is as it was")
        except OSError as error:
            self._remarks.append(f"ERROR: {self._ledger_directory}: the ledger was not written: {error}")
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """End with the table of verdicts."""
        if self._ledger is not None and self._ledger.entries:
            from pytest_claims.rendering.terminal import write_table

            terminalreporter.section("ledger of claims")
            write_table(terminalreporter, self._ledger)
            for remark in self._remarks:
                terminalreporter.write_line(remark)

    def _suite(self, directory: Path | None, known: Mapping[str, list[Property]]) -> Suite:
        from pytest_claims.environment import environment_properties
        from pytest_claims.junit import Suite
        from pytest_claims.reports import cases_of

        figures_under = "" if self._ledger_directory is None else self._shown(self._ledger_directory)
        evidence = {} if directory is None else staging.loaded_evidence(directory)
        return Suite(
            timestamp=self._started.isoformat(timespec="milliseconds"),
            hostname=platform.node(),
            time_s=time.perf_counter() - self._clock,
            properties=tuple(environment_properties(self._config, evidence)),
            cases=cases_of(self._reports, known, figures_under),
        )

    def _rewrite_record(self, path: Path, record: Record, cases: tuple[Case, ...]) -> None:
        from pytest_claims.record import RECORDABLE, RecordedVerdict, write_record

        decided = []
        for case in cases:
            found = by_name(case.properties)
            if "evidence_determined_by" in found and found.get("verdict", [""])[0] in RECORDABLE:
                decided.append(
                    RecordedVerdict(
                        claim=found["id"][0],
                        evidence=found["evidence"][0],
                        determined_by=found["evidence_determined_by"][0],
                        verdict=found["verdict"][0],
                    )
                )
        write_record(path, record.updated(decided))
        self._remarks.append(f"record: {len(decided)} verdicts written to {self._shown(path)}")

    def _shown(self, path: Path) -> str:
        root = self._config.rootpath
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
