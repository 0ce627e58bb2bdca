"""From pytest's reports on the phases of tests to the suite that JUnit XML holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from pytest_claims.junit import Case, Outcome
from pytest_claims.properties import PREFIX, Property


def cases_of(
    reports: Iterable[pytest.TestReport], known: Mapping[str, list[Property]], figures_under: str
) -> tuple[Case, ...]:
    """Make one test case of all reports of each test, in the order in which the tests were collected.

    Parameters
    ----------
    known : by test, in order: properties from before the run, used if no phase brought any
    figures_under : folder of the ledger as CI systems look for it, from the project's root
    """
    phases: dict[str, list[pytest.TestReport]] = {}
    for report in reports:
        phases.setdefault(report.nodeid, []).append(report)
    order = {nodeid: place for place, nodeid in enumerate(known)}
    ids = sorted(phases, key=lambda nodeid: order.get(nodeid, len(order)))
    return tuple(case_of(phases[nodeid], known.get(nodeid, ()), figures_under) for nodeid in ids)


def case_of(
    reports: list[pytest.TestReport],
    known: list[Property] | tuple[Property, ...],
    figures_under: str = "",
) -> Case:
    """Make one test case of the reports of its phases.

    Parameters
    ----------
    reports : setup, call and teardown, as far as they came (a crashed worker sends less)
    known : properties from before the run, used if no phase brought any
    figures_under : folder of the ledger as CI systems look for it, from the project's root
    """
    ended = max(reports, key=_severity)
    file, line, _ = ended.location
    # As pytest's own writer does: a parameter may contain "::".
    address, bracket, parameters = ended.nodeid.partition("[")
    path, *names = address.split("::")
    modules = [path.removesuffix(".py").replace("/", ".")] if names else []
    *groups, name = names or [path]
    properties = max((report.user_properties for report in reports), key=len) or known
    outcome, text = _outcome_and_text(ended)
    return Case(
        classname=".".join([*modules, *groups]),
        name=name + bracket + parameters,
        file=file,
        line=line,
        time_s=sum(report.duration for report in reports),
        outcome=outcome,
        message=text.strip().partition("\n")[0],
        text=text,
        properties=tuple((str(name), str(value)) for name, value in properties),
        attachments=tuple(
            f"{figures_under}/{value}" for name, value in properties if name == PREFIX + "figure"
        ),
    )


def _severity(report: pytest.TestReport) -> int:
    if report.failed:
        return 3
    if report.skipped:
        return 2
    return int(report.when == "call")


def _outcome_and_text(report: pytest.TestReport) -> tuple[Outcome, str]:
    if report.passed:
        return "passed", ""
    if report.skipped:
        if hasattr(report, "wasxfail"):
            return "xfailed", report.wasxfail.removeprefix("reason: ")
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        return "skipped", reason.removeprefix("Skipped: ")
    is_error = report.when != "call" or getattr(report, "claim_error", False)
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(report.longrepr)
    if crash is not None and is_error:
        text = f"{crash.message}\n{text}"
    return ("error" if is_error else "failed"), text
