"""The report of a real run, read by programs that know nothing of claims."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import junitparser
import pytest
from junit2htmlreport.parser import CaseResult, Junit

CLAIMS = """
import pytest
from matplotlib.figure import Figure
from pytest_claims import BrokenMeasurementError, Estimate, claim
from above import Above

@claim("mean-is-high", "The mean is high.", rule=Above(1.0), needs=("mean",))
def test_mean(evidence, verdict):
    if evidence.mean == 10:
        raise BrokenMeasurementError("the abacus broke")
    if evidence.mean == 20:
        verdict.uninformative("wordings disagree")
    verdict.decide(Estimate("mean", evidence.mean, 3))
    figure = Figure()
    figure.subplots().plot([1, 2])
    verdict.figure(figure)
    print("printed on the way")

def test_ordinary(): pass

def test_skipped(): pytest.skip("rain")
"""
EVIDENCE = (
    "numbers('high', 2, 3, 4), numbers('low', -2, -3, -4), numbers('middling', 0, 0, 1), numbers('broken', 10), "
    "numbers('blurred', 20)"
)
WHAT = {
    "test_mean[high]": "passed",
    "test_mean[low]": "failed",
    "test_mean[middling]": "skipped",
    "test_mean[broken]": "error",
    "test_mean[blurred]": "error",
    "test_ordinary": "passed",
    "test_skipped": "skipped",
}


@pytest.fixture
def report(project):
    project.evidence(EVIDENCE)
    project.claims(CLAIMS)
    project.run()
    return project.folder / "junit.xml"


def test_junitparser_reads_each_verdict_as_the_status_that_it_is(report):
    xml = junitparser.JUnitXml.fromfile(str(report))
    (suite,) = xml
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 1, 2, 2)
    kinds = {junitparser.Failure: "failed", junitparser.Error: "error", junitparser.Skipped: "skipped"}
    found = {case.name: kinds[type(case.result[0])] if case.result else "passed" for case in suite}
    assert found == WHAT
    messages = {case.name: case.result[0].message for case in suite if case.result}
    assert messages["test_mean[low]"].startswith("refuted: mean-is-high on low")
    assert messages["test_mean[middling]"].startswith("inconclusive: the mean is 0.3")
    assert messages["test_mean[broken]"] == "the abacus broke"
    assert messages["test_mean[blurred]"] == "wordings disagree"
    properties = {p.name: p.value for p in next(iter(suite)).child(junitparser.Properties)}
    assert properties["claim.verdict"] == "supported"


def test_junit2html_shows_each_verdict_as_the_status_that_it_is(report, tmp_path):
    found = {case.name: case.outcome() for suite in Junit(str(report)).suites for case in suite.all()}
    names = {
        "passed": CaseResult.PASSED,
        "failed": CaseResult.FAILED,
        "error": CaseResult.FAILED,
        "skipped": CaseResult.SKIPPED,
    }
    assert found == {name: names[what] for name, what in WHAT.items()}
    page = tmp_path / "page.html"
    subprocess.run([sys.executable, "-m", "junit2htmlreport", str(report), str(page)], check=True)
    assert "refuted: mean-is-high on low" in page.read_text(encoding="utf-8")


def test_figures_are_attached_in_lines_of_their_own_by_a_path_from_the_project_s_root(report, project):
    out = {case.get("name"): case.findtext("system-out") for case in ET.parse(report).iter("testcase")}
    assert out.pop("test_mean[high]").splitlines() == [
        "[[ATTACHMENT|ledger/figures/mean-is-high--high.png]]",
        "[[ATTACHMENT|ledger/figures/mean-is-high--high.pdf]]",
    ]
    assert {name for name, text in out.items() if text} == {"test_mean[low]", "test_mean[middling]"}
    for text in filter(None, out.values()):
        for line in text.splitlines():
            path = line.removeprefix("[[ATTACHMENT|").removesuffix("]]")
            assert (project.pytester.path / path).is_file()


def test_figures_of_a_ledger_outside_the_project_are_attached_by_their_whole_path(project, tmp_path):
    project.claims(CLAIMS)
    project.run("--ledger", str(tmp_path / "away"), "-k", "high")
    text = next(ET.parse(tmp_path / "away" / "junit.xml").iter("system-out")).text
    assert (
        text.splitlines()[0]
        == f"[[ATTACHMENT|{(tmp_path / 'away').as_posix()}/figures/mean-is-high--high.png]]"
    )


def test_without_figures_nothing_is_attached(project):
    project.run()
    assert b"system-out" not in (project.folder / "junit.xml").read_bytes()
