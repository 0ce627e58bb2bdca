"""The content of the ledger: JSON and JUnit XML have the documented form, and the XML alone makes the rest."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from pytest_claims.ledger.mark import MARK

from .test_session import FIGURES

SCHEMA_KEYS = [
    "id", "statement", "source", "headline", "question", "kind", "family", "evidence", "group", "role", "pooled_in", "verdict", "estimate",
    "ci_low", "ci_high", "ci_level", "p_value", "p_adjusted", "family_size", "family_missing", "significance_lost", "p_level", "n",
    "needed_n", "weights", "rule", "rule_change", "test_change", "rule_later_than", "registration", "reason", "statistic", "record", "test", "evidence_sha256", "evidence_determined_by",
    "parameters", "attempts", "figures", "figure_errors", "figures_at", "thresholds",
    "regions",
]  # fmt: skip


def test_the_ledger_has_the_documented_form(project):
    project.run()
    assert set(project.files()) == {MARK, "junit.xml", "ledger.json", "ledger.md", "ledger.html"}
    ledger = project.ledger()
    assert ledger["schema"] == 1
    assert [list(entry) for entry in ledger["claims"]] == [SCHEMA_KEYS] * 3
    assert project.entries()["high"] == {
        "id": "mean-is-high",
        "statement": "The mean is high.",
        "source": "the tests",
        "headline": False,
        "question": "claims",
        "kind": "inference",
        "family": "",
        "evidence": "high",
        "group": "",
        "role": "",
        "pooled_in": "",
        "verdict": "supported",
        "estimate": 3.0,
        "ci_low": 0.5,
        "ci_high": 2.5,
        "ci_level": 0.95,
        "p_value": 0.04,
        "p_adjusted": None,
        "family_size": None,
        "family_missing": 0,
        "significance_lost": False,
        "p_level": None,
        "n": 3,
        "needed_n": None,
        "weights": [],
        "rule": "mean > 1.0",
        "rule_change": None,
        "test_change": None,
        "rule_later_than": "",
        "registration": "",
        "reason": "the mean is 3.0",
        "statistic": "mean",
        "record": "",
        "test": "test_claims::test_mean_is_high[high]",
        "evidence_sha256": "digest-of-2-3-4",
        "evidence_determined_by": "values of high",
        "parameters": "",
        "attempts": 1,
        "figures": [],
        "figure_errors": [],
        "figures_at": "",
        "thresholds": [],
        "regions": [],
    }
    assert ledger["left_out"] == []
    assert ledger["partial"] is False
    assert ledger["not_judged"] == []
    run = ledger["run"]
    assert run["version.abacus"] == "1.0"
    assert run["evidence.high.sha256"] == "digest-of-2-3-4"
    assert run["evidence.high.device"] == "abacus"
    assert run["commit"] == "unknown"


def test_junit_carries_the_properties_and_is_xunit1(project):
    project.run()
    root = ET.fromstring(project.files()["junit.xml"])
    suite = root.find("testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    case = suite.find("testcase")
    assert case.get("file") == "test_claims.py"
    assert case.get("classname") == "test_claims"
    properties = {p.get("name"): p.get("value") for p in case.iterfind("properties/property")}
    assert properties["claim.verdict"] == "supported"
    assert properties["claim.evidence_sha256"] == "digest-of-2-3-4"
    assert suite.find("testcase/skipped[@type='pytest.xfail']") is not None


def test_our_xml_agrees_with_pytest_s_own(project):
    project.claims(FIGURES)
    project.pytester.makepyfile(
        test_ordinary="""
        import pytest
        class TestGroup:
            @pytest.mark.parametrize("x", ["a::b", "é"])
            def test_in_class(self, x): pass
        def test_fails(): assert 1 == 2
        def test_skips(): pytest.skip("rain")
        @pytest.fixture
        def broken(): raise ValueError("broken fixture")
        def test_errors(broken): pass
        """
    )
    project.run("--junitxml=own.xml", "-o", "junit_family=xunit1")
    ours = ET.fromstring(project.files()["junit.xml"])
    pytests = ET.parse(project.pytester.path / "own.xml").getroot()

    def cases(root):
        return {
            (case.get("classname"), case.get("name"), case.get("file"), case.get("line")): (
                sorted((p.get("name"), p.get("value")) for p in case.iterfind("properties/property")),
                sorted((end.tag, end.get("type")) for end in case if end.tag == "skipped"),
                sorted(end.tag for end in case if end.tag in ("failure", "error")),
            )
            for case in root.iter("testcase")
        }

    assert cases(ours) == cases(pytests)
    for key in ("tests", "failures", "errors", "skipped"):
        assert ours.find("testsuite").get(key) == pytests.find("testsuite").get(key)


def test_the_ledger_is_rendered_from_the_xml_alone(project):
    project.claims(FIGURES)
    project.run()
    files = project.files()
    for name in ("ledger.json", "ledger.md", "ledger.html"):
        (project.folder / name).unlink()
    command = [sys.executable, "-m", "pytest_claims", "ledger", str(project.folder / "junit.xml")]
    subprocess.run(command, check=True)
    assert project.files() == files


@pytest.mark.parametrize(
    "content", ["", "<testsuites", "<html/>", "<testsuite time='soon'/>", None, "\x00\x01"]
)
def test_a_damaged_report_is_one_clear_error(project, content):
    report = project.pytester.path / "junit.xml"
    if content is not None:
        report.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "pytest_claims", "ledger", str(report)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {report}: expected")
    assert done.stderr.count("\n") == 1


def test_a_truncated_report_leaves_the_ledger_alone(project):
    project.run()
    report = project.folder / "junit.xml"
    report.write_bytes(report.read_bytes()[:-200])
    before = project.files()
    command = [sys.executable, "-m", "pytest_claims", "ledger", str(report)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    assert project.files() == before


def test_a_number_that_is_none_is_left_out_and_named(project):
    project.run()
    report = project.folder / "junit.xml"
    report.write_bytes(
        report.read_bytes().replace(b'"claim.p_value" value="0.04"', b'"claim.p_value" value="x"')
    )
    command = [sys.executable, "-m", "pytest_claims", "ledger", str(report)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = "claim mean-is-high on high: property claim.p_value: expected a number, got 'x'"
    assert f"{report}: left out: {said}" in done.stderr
    assert project.ledger()["left_out"][0] == said
    assert project.entries()["high"]["p_value"] is None
    assert project.entries()["high"]["verdict"] == "supported"


def test_an_estimate_that_is_not_finite_is_an_error(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("endless", "It is endless.", rule=Above(1.0), needs=("mean",))
        def test_endless(evidence, verdict):
            verdict.decide(Estimate("mean", float("inf"), 3, ci_low=1.0, ci_high=float("inf")))
        """
    )
    project.run("-k", "high").assert_outcomes(errors=1)
    assert project.entries()["high"]["verdict"] == "error"
    assert project.entries()["high"]["reason"] == "mean: expected a finite value, got inf"


def test_json_numbers_are_the_numbers_that_were_decided_on(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("exact", "It is exact.", rule=Above(1.0), needs=("mean",))
        def test_exact(evidence, verdict):
            verdict.decide(Estimate("mean", 1 / 3, 3, p_value=1e-300))
        """
    )
    project.run("-k", "high")
    text = (project.folder / "ledger.json").read_text()
    assert json.loads(text)["claims"][0]["estimate"] == 1 / 3
    assert json.loads(text)["claims"][0]["p_value"] == 1e-300


def test_that_nothing_can_be_told_is_written_down(project):
    """Of a model whose adapters do not gate, say: whoever reads the ledger is to see it, and why."""
    project.claims(
        """
        from pytest_claims import claim
        from above import Above

        @claim("blurred", "It can be seen.", rule=Above(1.0), needs=["mean"])
        def test_blurred(evidence, verdict):
            verdict.uninformative("the gauge is frozen")
        """
    )
    project.run("-k", "high")
    (entry,) = project.ledger()["claims"]
    assert (entry["verdict"], entry["reason"]) == ("uninformative", "the gauge is frozen")
