"""``--claims-report-only`` and the words at the end: findings are told from faults."""

from __future__ import annotations

import pytest

CRASHES = """
from pytest_claims import claim
from above import Above

@claim("crashes", "It crashes.", rule=Above(1.0), needs=("mean",))
def test_crashes(evidence, verdict):
    raise RuntimeError("broken")
"""
FINDING = "a refuted claim is a finding, not a fault of the run; it fails so that nobody overlooks it: *"


def test_refuted_claims_are_findings_that_pass_if_asked_for(project):
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["the run came to its end: 1 supported, 1 refuted, 1 inconclusive, no errors", FINDING]
    )
    before = project.entries()
    result = project.run("--claims-report-only")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, xfailed=2)
    result.stdout.fnmatch_lines(
        ["the run came to its end: 1 supported, 1 refuted, 1 inconclusive, no errors"]
    )
    result.stdout.no_fnmatch_line(FINDING)
    assert project.entries() == before


def test_the_ini_value_does_the_same_and_strictness_overrules_it(project):
    with (project.pytester.path / "pytest.ini").open("a") as ini:
        ini.write("\nclaims_report_only = true\n")
    assert project.run().ret == pytest.ExitCode.OK
    result = project.run("--claims-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=2)
    result = project.run("--claims-strict", "--claims-report-only")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --claims-strict, --claims-report-only: expected one of them*"])


def test_what_is_broken_still_fails(project):
    project.claims(CRASHES)
    result = project.run("--claims-report-only")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the run came to its end: 3 without a verdict, as something is broken"])
    project.evidence("numbers('high', 2), BrokenEvidence('lost', 'no such file')")
    result = project.run("--claims-report-only")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the run came to its end: 2 without a verdict, as something is broken"])


def test_what_differs_from_its_record_still_fails(project):
    project.run("--claims-record")
    record = project.pytester.path / "record.json"
    record.write_text(record.read_text().replace('"refuted"', '"supported"'))
    result = project.run("--claims-report-only")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "the run came to its end: 1 supported, 1 refuted, 1 inconclusive, no errors",
            "1 of them differs from the record",
        ]
    )
    result.stdout.no_fnmatch_line(FINDING)


def test_a_run_that_stops_early_says_so(project):
    project.evidence("numbers('low', -2), numbers('high', 2)")
    result = project.run("-x")
    result.stdout.fnmatch_lines(["the run was ended early: 1 refuted, no errors", FINDING])


def test_workers_count_as_one(project):
    result = project.run("-n2", "--claims-report-only")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        ["the run came to its end: 1 supported, 1 refuted, 1 inconclusive, no errors"]
    )


def test_a_run_without_claims_says_nothing(project):
    project.claims("def test_nothing(): pass")
    result = project.run()
    result.stdout.no_fnmatch_line("the run *")
