"""Tests that are run again, that hold subtests, or that take too long."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

HEAD = """
import pytest, time
from pytest_claims import Estimate, claim
from above import Above

RUNS = {"claim": 0, "plain": 0}
"""
FLAKY = """
@claim("flaky", "It is flaky.", rule=Above(1.0), needs=("mean",))
def test_flaky(evidence, verdict):
    RUNS["claim"] += 1
    if RUNS["claim"] == 1:
        verdict.decide(Estimate("mean", -5.0, 3))
        raise OSError("the disk had the hiccups")
    verdict.decide(Estimate("mean", evidence.mean, 3))

def test_plain():
    RUNS["plain"] += 1
    assert RUNS["plain"] == 3
"""
SUBTESTS = """
@claim("parted", "It has parts.", rule=Above(1.0), needs=("mean",))
def test_parted(evidence, verdict, subtests):
    for value in evidence.values:
        with subtests.test(value=value):
            {body}
    verdict.decide(Estimate("mean", evidence.mean, 3))
"""


@pytest.fixture
def one(project):
    project.evidence("numbers('high', 2, 3, 4)")
    return project


@pytest.mark.parametrize("spread", [[], ["--tx=popen", "--dist=load"]], ids=["alone", "xdist"])
def test_the_last_attempt_counts_and_attempts_are_noted(one, spread):
    one.claims(HEAD + FLAKY)
    result = one.run("--reruns=2", *spread, uses="rerunfailures")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    (entry,) = one.ledger()["claims"]
    assert (entry["verdict"], entry["estimate"], entry["attempts"]) == ("supported", 3.0, 2)
    suite = ET.parse(one.folder / "junit.xml").find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "0")
    result.stdout.fnmatch_lines(["run again, the last time counts: flaky (2 attempts)"])
    assert "- **attempts**: 2; the last counts" in one.files()["ledger.md"].decode()
    assert '<dd data-slot="attempts">2; the last counts</dd>' in one.files()["ledger.html"].decode()


def test_a_claim_that_fails_every_time_is_one_error(one):
    one.claims(HEAD + FLAKY.replace("== 1", ">= 1"))
    one.run("--reruns=1", "-k", "flaky", uses="rerunfailures")
    (entry,) = one.ledger()["claims"]
    assert (entry["verdict"], entry["attempts"], entry["estimate"]) == ("error", 2, None)
    assert entry["reason"] == "OSError: the disk had the hiccups"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [("assert value > 0", "supported"), ("assert value > 2", "error"), ("pytest.skip('odd')", "supported")],
)
def test_a_subtest_that_fails_leaves_no_verdict(one, body, verdict):
    one.claims(HEAD + SUBTESTS.format(body=body))
    one.run()
    (entry,) = one.ledger()["claims"]
    assert entry["verdict"] == verdict
    assert entry["attempts"] == 1
    if verdict == "error":
        assert "assert 2 > 2" in entry["reason"]


def test_a_claim_that_takes_too_long_is_an_error_and_the_next_is_judged(one):
    one.claims(
        HEAD
        + """
@claim("slow", "It is slow.", rule=Above(1.0), needs=("mean",))
@pytest.mark.timeout(0.2, method="signal")
def test_slow(evidence, verdict):
    time.sleep(30)

@claim("quick", "It is quick.", rule=Above(1.0), needs=("mean",))
def test_quick(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
"""
    )
    one.run(uses="timeout")
    slow, quick = one.ledger()["claims"]
    assert (slow["verdict"], quick["verdict"]) == ("error", "supported")
    assert "Timeout" in slow["reason"]


def test_the_ledger_is_in_the_order_of_definition_whatever_the_order_of_running(one):
    one.claims(HEAD + "".join(f"""
@claim("claim-{number}", "It is number {number}.", rule=Above(1.0), needs=("mean",))
def test_{number}(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
""" for number in range(6)))  # fmt: skip
    one.run("-p", "randomly", "-p", "no:xdist", "-p", "randomly", "--randomly-seed=1", uses="randomly")
    assert [claim["id"] for claim in one.ledger()["claims"]] == [f"claim-{number}" for number in range(6)]


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only"])
def test_a_run_that_judges_nothing_leaves_the_ledger_alone(one, option):
    one.run()
    before = one.files()
    one.run(option).stdout.no_fnmatch_line("*ledger of claims*")
    assert one.files() == before


def test_stepwise_is_a_part_until_all_is_run(project):
    project.run("--stepwise", uses="cacheprovider")
    assert [(c["evidence"], c["why"]) for c in project.ledger()["not_judged"]] == [
        ("middling", "not reached")
    ]
    assert project.ledger()["not_judged"][0]["reason"].startswith(
        "Test failed, continuing from this test next run"
    )


@pytest.mark.parametrize("same", [True, False])
def test_pytest_s_own_report_may_be_asked_for_at_any_place(project, same):
    path = "ledger/junit.xml" if same else "elsewhere.xml"
    for _ in range(2):
        project.run(f"--junitxml={path}")
        assert len(project.entries()) == 3
        assert len(list(ET.parse(project.pytester.path / path).iter("testcase"))) == 3
    project.run(f"--junitxml={path}", "-x")
    assert len(list(ET.parse(project.folder / "whole/junit.xml").iter("testcase"))) == 3
    assert [c["why"] for c in project.ledger()["not_judged"]] == ["not reached"]


def test_without_the_plugin_the_hook_is_no_error(project):
    source = (project.pytester.path / "conftest.py").read_text()
    hook = "def pytest_claims_"
    project.pytester.makeconftest(source.replace(hook, f"@pytest.hookimpl(optionalhook=True)\n{hook}"))
    project.pytester.makefile(".ini", pytest="[pytest]\n")
    project.pytester.makepyfile(test_claims="def test_plain(): pass")
    project.run("-p", "no:claims").assert_outcomes(passed=1)
