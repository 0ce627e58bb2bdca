"""Test cases for JUnit XML, made of pytest's reports on the phases of tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest

from pytest_claims.junit.properties import PREFIX, Property
from pytest_claims.junit.suite import Case, Outcome
from pytest_claims.running.staging import CollectedTest


def cases_of(
    reports: Iterable[pytest.TestReport], known: Mapping[str, Sequence[Property]], figures_under: str
) -> tuple[Case, ...]:
    """Make a test case of the reports of each test, in the order in which tests were collected.

    A test that was interrupted while it ran is not among them.

    Parameters
    ----------
    known : by test, in order: properties from before the run, used if no phase brought any
    figures_under : folder of the ledger as CI systems look for it, from the project's root
    """
    phases: dict[str, list[pytest.TestReport]] = {}
    for report in reports:
        phases.setdefault(report.nodeid, []).append(report)
    order = {nodeid: index for index, nodeid in enumerate(known)}
    ids = sorted(phases, key=lambda nodeid: order.get(nodeid, len(order)))
    cases = (_case_of(phases[nodeid], known.get(nodeid, ()), figures_under) for nodeid in ids)
    return tuple(case for case in cases if case is not None)


def _case_of(
    reports: Sequence[pytest.TestReport], known: Sequence[Property], figures_under: str
) -> Case | None:
    """Make a test case of a test's reports; a crashed worker sends less than setup, call and teardown."""
    attempts = list(_attempts(reports))
    final = _final_attempt(attempts)
    if not _has_ended(final):
        return None
    ended = max(final, key=_severity)
    file, line, _ = ended.location
    properties = max((_properties(report) for report in final), key=len) or list(known)
    if len(attempts) > 1 and any(name == PREFIX + "id" for name, _ in properties):
        properties.append((PREFIX + "attempts", str(len(attempts))))
    outcome, text = _outcome_and_text(ended)
    classname, name = address_of(ended.nodeid)
    return Case(
        classname=classname,
        name=name,
        file=file,
        line=line,
        time_s=sum(report.duration for report in final if not _is_subtest(report)),
        outcome=outcome,
        message=text.strip().partition("\n")[0],
        text=text,
        properties=tuple(properties),
        attachments=tuple(
            f"{figures_under}/{value}" for name, value in properties if name == PREFIX + "figure"
        ),
    )


def unrun_case(test: CollectedTest, why: str, reason: str) -> Case:
    """Make a test case of a claim that was not judged, since no test of it ran."""
    classname, name = address_of(test.nodeid)
    properties = [*test.properties, (PREFIX + "not_judged", why), (PREFIX + "reason", reason)]
    message = f"not judged: {why}" + (f": {reason}" if reason else "")
    file = test.nodeid.partition("::")[0]
    return Case(classname, name, file, None, None, "skipped", message, message, tuple(properties))


def uncollected_case(report: pytest.CollectReport) -> Case:
    """Make a test case of a file that could not be collected, or that skipped itself."""
    classname, name = address_of(report.nodeid)
    outcome, text = _outcome_and_text(report)
    message = text.strip().partition("\n")[0] if outcome == "skipped" else "collection failure"
    return Case(classname, name, report.nodeid, None, None, outcome, message, text)


def address_of(nodeid: str) -> tuple[str, str]:
    """Return class and name of a test as pytest's own reports write them: a parameter may contain ``::``."""
    address, bracket, parameters = nodeid.partition("[")
    path, *names = address.split("::")
    module = path.removesuffix(".py").replace("/", ".")
    if not names:
        return "", (module if path.endswith(".py") else path) + bracket + parameters
    return ".".join([module, *names[:-1]]), names[-1] + bracket + parameters


def _attempts(reports: Sequence[pytest.TestReport]) -> Iterator[list[pytest.TestReport]]:
    """Yield the reports of each attempt: each begins with a setup, and is of one worker.

    Workers may run the same test at the same time, so that their reports are mixed.
    """
    by_worker: dict[str, list[pytest.TestReport]] = {}
    for report in reports:
        by_worker.setdefault(getattr(report, "worker_id", ""), []).append(report)
    for worker_reports in by_worker.values():
        attempt: list[pytest.TestReport] = []
        for report in worker_reports:
            if attempt and report.when == "setup":
                yield attempt
                attempt = []
            attempt.append(report)
        yield attempt


def _final_attempt(attempts: Sequence[list[pytest.TestReport]]) -> list[pytest.TestReport]:
    """Return the attempt that counts: the last; of several workers' the worst."""
    last = {getattr(attempt[0], "worker_id", ""): attempt for attempt in attempts}
    # Plugins that run a test again give the reports that made them an outcome of their own, such as "rerun".
    final = [attempt for attempt in last.values() if all(map(_is_final, attempt))]
    return max(final or last.values(), key=lambda attempt: max(map(_severity, attempt)))


def _is_final(report: pytest.TestReport) -> bool:
    return any((report.passed, report.failed, report.skipped))


def _has_ended(attempt: Sequence[pytest.TestReport]) -> bool:
    """Return True if a test ran to its end, False if it was interrupted after its setup."""
    return any(
        report.when not in ("setup", "teardown") or not report.passed
        for report in attempt
        if not _is_subtest(report)
    )


def _severity(report: pytest.TestReport) -> int:
    if report.failed:
        return 3
    if _is_subtest(report):
        return 0
    if report.skipped:
        return 2
    return int(report.when == "call")


def _is_subtest(report: pytest.TestReport) -> bool:
    return hasattr(report, "context")


def _properties(report: pytest.TestReport) -> list[Property]:
    """Return a report's properties as text; a test may put anything there."""
    pairs = [pair for pair in report.user_properties if isinstance(pair, tuple | list) and len(pair) == 2]
    return [(_text(name), _text(value)) for name, value in pairs]


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"(cannot be shown: {type(error).__name__})"


def _outcome_and_text(report: pytest.TestReport | pytest.CollectReport) -> tuple[Outcome, str]:
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
