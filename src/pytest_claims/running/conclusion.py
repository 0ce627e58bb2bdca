"""The end of a run: its report, the ledger and its files, the record.

Errors with the files cost no verdict: the table is printed all the same.
"""

from __future__ import annotations

import contextlib
import datetime
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_claims.junit.reader import parse_suite, read_suite
from pytest_claims.junit.suite import Case, JUnitError, Suite
from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger import folder as ledger_folder
from pytest_claims.ledger.ledger import PARTIAL, Ledger
from pytest_claims.ledger.mark import standing_ledger
from pytest_claims.ledger.reader import judges_a_claim, ledger_of
from pytest_claims.rendering.documents import render_documents
from pytest_claims.running import staging
from pytest_claims.running.environment import environment_properties
from pytest_claims.running.recording import rewrite_record
from pytest_claims.running.reports import cases_of, uncollected_case
from pytest_claims.running.rule_history import with_rule_history
from pytest_claims.running.run import Run, path_text
from pytest_claims.running.selection import Selection, Visited, selection_of
from pytest_claims.running.staging import CollectedTest


@dataclass
class Conclusion:
    """The ledger of a run, and remarks for the terminal; one that begins with ``ERROR`` fails the run."""

    ledger: Ledger
    remarks: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """True if something could not be written."""
        return any(remark.startswith("ERROR") for remark in self.remarks)


def conclude(
    run: Run,
    session: pytest.Session,
    collected: Sequence[CollectedTest],
    staged: Path | None,
    exitstatus: int | pytest.ExitCode,
) -> Conclusion:
    """Make the ledger of a run; write its files and the record if asked to.

    Parameters
    ----------
    staged : the run's staging folder, if there is one
    exitstatus : with which pytest ends, as far as is known
    """
    folder = run.folder
    figures_under = "" if folder is None else path_text(run.config, folder)
    known = {test.nodeid: test.properties for test in collected if not test.why}
    cases = cases_of(run.reports, known, figures_under)
    if folder is not None:
        cases = with_rule_history(cases, run.config.rootpath, run.started)
    selection = selection_of(
        cases,
        collected,
        _last_cases(folder, staged),
        Visited.by(run),
        _stop_reason(session, exitstatus),
    )
    started = datetime.datetime.fromtimestamp(run.started, datetime.UTC)
    suite = Suite(
        timestamp=started.isoformat(timespec="milliseconds"),
        hostname=platform.node(),
        time_s=time.perf_counter() - run.clock,
        properties=tuple(_properties(run.config, selection, staged)),
        cases=(*cases, *map(uncollected_case, run.uncollected.values()), *selection.cases),
    )
    # Through the XML and back, so that the table shows the same as the archived file.
    report = to_xml(suite)
    conclusion = Conclusion(ledger_of(parse_suite(report, "junit.xml", judges_a_claim)))
    if run.record_to_rewrite is not None:
        conclusion.remarks += rewrite_record(run.config, run.record_to_rewrite, cases)
    if folder is not None and staged is not None:
        _write_ledger(run, folder, staged, report, selection, conclusion)
    return conclusion


def _properties(config: pytest.Config, selection: Selection, staged: Path | None) -> list[tuple[str, str]]:
    if staged is not None:
        with contextlib.suppress(OSError):
            # Git would count the staging folder among what is not committed.
            (staged / ".gitignore").write_text("*\n", encoding="utf-8")
    try:
        properties = list(environment_properties(config, staging.evidence_facts(config)))
    except Exception as error:  # facts are for people to read; the verdicts stand without them
        properties = [("environment", f"(left out: {type(error).__name__}: {error})")]
    return [(PARTIAL, selection.partial), *properties] if selection.partial else properties


def _stop_reason(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> str:
    for reason in (session.shouldfail, session.shouldstop):
        if reason:
            return str(reason) if isinstance(reason, str) else "the run was stopped"
    return "the run was interrupted" if exitstatus == pytest.ExitCode.INTERRUPTED else ""


def _last_cases(folder: Path | None, staged: Path | None) -> tuple[Case, ...]:
    """Return the claims of the last ledger: of the last whole one, if the last was partial."""
    if folder is None or staged is None:
        return ()
    reports = (
        folder / ledger_folder.WHOLE / "junit.xml",
        staged / ledger_folder.LAST_REPORT,
        folder / "junit.xml",
    )
    for report in reports:
        if report.is_file():
            with contextlib.suppress(JUnitError):
                return read_suite(report, judges_a_claim).cases
    return ()


def _write_ledger(
    run: Run,
    folder: Path,
    staged: Path,
    report: bytes,
    selection: Selection,
    conclusion: Conclusion,
) -> None:
    ledger, shown = conclusion.ledger, path_text(run.config, folder)
    try:
        with ledger_folder.lock_folder(folder):
            standing = standing_ledger(folder, run.pytests_report)
            if not ledger.judged and (standing.judged or not ledger.entries):
                if standing.files and run.reports:
                    conclusion.remarks.append(f"no claim was judged; {shown} is as it was")
                return
            files = {"junit.xml": report, **render_documents(ledger, staged if run.embed_figures else None)}
            taken = ledger_folder.publish(
                staged,
                folder,
                files,
                partial=bool(selection.partial),
                judged=ledger.judged,
                beside=run.pytests_report,
            )
            whole = ledger_folder.whole_ledger(folder)
    except Exception as error:  # the disk may be full, or it may be a fault of ours: the verdicts are printed
        kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
        conclusion.remarks.append(f"ERROR: {folder}: the ledger was not written: {kind}{error}")
        return
    conclusion.remarks += [
        f"{shown}/{name}: not written, as a file of that name is not ours" for name in taken
    ]
    if run.pytests_report == "junit.xml":
        conclusion.remarks.append(f"{shown}/junit.xml: the ledger's report, in place of pytest's own")
    if selection.vanished:
        conclusion.remarks.append(f"{selection.vanished} judgements of the last ledger are not in this one")
    part = " of this part" if selection.partial else ""
    conclusion.remarks.append(f"ledger{part}: {path_text(run.config, folder / 'ledger.html')}")
    if whole is not None:
        conclusion.remarks.append(f"the last whole ledger: {path_text(run.config, whole / 'ledger.html')}")
