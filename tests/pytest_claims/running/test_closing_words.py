"""Closing words: every judged test is counted once, by its last attempt, and findings are told from faults."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.running.closing_words import ClosingWords

VERDICTS = ("supported", "refuted", "inconclusive", "uninformative")
FINDING = "a refuted claim is a finding, not a fault of the run"


def report(nodeid, when="call", verdict="", failed=False, remark="", claim=None, **more):
    properties = [("other", "x"), *((f"claim.{name}", text) for name, text in (claim or {}).items())]
    if verdict:
        properties += [("claim.verdict", verdict), ("claim.record", remark)]
    return SimpleNamespace(nodeid=nodeid, when=when, user_properties=properties, failed=failed, **more)


def words(*reports, exitstatus=pytest.ExitCode.OK, shouldstop=False):
    closing = ClosingWords()
    for entry in reports:
        closing.pytest_runtest_logreport(entry)
    closing.pytest_sessionfinish(SimpleNamespace(shouldfail=False, shouldstop=shouldstop), exitstatus)
    return list(closing.lines())


def test_a_run_without_claims_ends_without_words():
    assert words(report("a"), report("b", failed=True)) == []


@given(st.lists(st.sampled_from(VERDICTS), min_size=1))
def test_every_test_counts_once_for_its_verdict(verdicts):
    (line, *_) = words(*(report(str(index), verdict=verdict) for index, verdict in enumerate(verdicts)))
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in verdicts]
    assert line == f"the run came to its end: {', '.join(counts)}, no errors"


def test_a_test_that_is_run_again_counts_for_its_last_attempt():
    first = report("a", verdict="refuted", failed=True)
    again = [report("a", when="setup"), report("a", verdict="supported")]
    assert words(report("a", when="setup"), first, *again) == [
        "the run came to its end: 1 supported, no errors"
    ]


def test_a_test_that_skips_when_it_is_run_again_was_not_judged():
    first = report("a", verdict="refuted", failed=True)
    assert words(report("a", when="setup"), first, report("a", when="setup"), report("a")) == []


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_what_breaks_before_or_after_the_verdict_leaves_none(when):
    reports = [report("a", verdict="supported"), report("b", verdict="refuted")]
    broken = report("b", when=when, failed=True, claim_error=True)
    (line,) = words(*reports, broken)
    assert line == "the run came to its end: 1 supported, 1 without a verdict, as something is broken"


@pytest.mark.parametrize(
    ("ended", "line"),
    [
        ({}, "the run came to its end"),
        ({"exitstatus": pytest.ExitCode.TESTS_FAILED}, "the run came to its end"),
        ({"exitstatus": pytest.ExitCode.INTERRUPTED}, "the run was ended early"),
        ({"exitstatus": pytest.ExitCode.INTERNAL_ERROR}, "the run was ended early"),
        ({"shouldstop": "stopping after 1 failures"}, "the run was ended early"),
    ],
)
def test_a_run_that_was_ended_early_says_so(ended, line):
    assert words(report("a", verdict="supported"), **ended)[0].startswith(f"{line}: ")


@pytest.mark.parametrize(
    ("remark", "failed", "is_finding", "differs"),
    [
        ("", True, True, False),
        ("", False, False, False),
        ("on record as refuted", False, False, False),
        ("on record as supported, now refuted", True, False, True),
    ],
)
def test_a_finding_that_fails_is_explained_and_a_change_is_counted(remark, failed, is_finding, differs):
    lines = words(report("a", verdict="refuted", failed=failed, remark=remark))
    assert any(line.startswith(FINDING) for line in lines) == is_finding
    assert ("1 of them differs from the record" in lines) == differs


def test_several_changes_are_counted_in_the_plural():
    changed = {"verdict": "supported", "failed": True, "remark": "on record as refuted, now supported"}
    assert "2 of them differ from the record" in words(report("a", **changed), report("b", **changed))


def test_other_kinds_and_members_of_pooled_evidence_are_no_findings():
    def judged(nodeid, verdict, claim="a", kind="inference", group="", role=""):
        properties = {"id": claim, "kind": kind, "evidence_group": group, "evidence_role": role}
        return report(nodeid, verdict=verdict, claim=properties)

    (line,) = words(
        judged("1", "supported"),
        judged("2", "refuted", kind="description"),
        judged("3", "supported", group="g", role="member"),
        judged("4", "inconclusive", group="g", role="pooled"),
        judged("5", "supported", claim="b", group="g", role="member"),
        report("6", failed=True, claim_error=True),
    )
    assert line == (
        "the run came to its end: findings: 2 supported, 1 inconclusive; other judgements: 1 supported, 1 refuted; "
        "1 without a verdict, as something is broken"
    )
    assert words(judged("1", "supported", kind="instrument"))[0].endswith(
        ": findings: none; other judgements: 1 supported; no errors"
    )
