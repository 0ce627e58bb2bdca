"""``--ledger``: what is written, when, and that it can be made again from the XML alone."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from pytest_claims.ledger.mark import MARK

SCHEMA_KEYS = [
    "id", "statement", "source", "evidence", "verdict", "estimate", "ci_low", "ci_high", "p_value", "n",
    "needed_n", "rule", "reason", "statistic", "record", "test", "evidence_sha256", "evidence_determined_by",
    "parameters", "attempts", "figures", "figure_errors", "thresholds",
]  # fmt: skip

FIGURES = """
from matplotlib.figure import Figure
from pytest_claims import Estimate, claim
from above import Above

def draw(evidence, title="drawn"):
    figure = Figure()
    figure.subplots().plot(evidence.values)
    figure.suptitle(title)
    return figure

def cannot_draw(evidence):
    raise RuntimeError("no <ink> left")

@claim("drawn", "It is drawn.", rule=Above(1.0), needs=("mean",))
def test_drawn(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
    verdict.figure(draw, evidence, title="one")
    verdict.figure(draw(evidence), name="two")
    verdict.figure(cannot_draw, evidence, name="three")
"""


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
        "evidence": "high",
        "verdict": "supported",
        "estimate": 3.0,
        "ci_low": 0.5,
        "ci_high": 2.5,
        "p_value": 0.04,
        "n": 3,
        "needed_n": None,
        "rule": "mean > 1.0",
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
        "thresholds": [],
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


@pytest.mark.parametrize("option", [(), ("--ledger", "elsewhere/deep"), ("--ledger", "")])
def test_where_the_ledger_goes(project, option):
    project.run(*option)
    assert project.folder.exists() == (option == ())
    assert (project.pytester.path / "elsewhere/deep/ledger.json").exists() == ("elsewhere/deep" in option)
    assert not list(project.pytester.path.rglob(".ledger-*")), "the staging folder is left behind"


def test_a_run_that_judges_no_claim_leaves_the_last_ledger_alone(project):
    project.run()
    before = project.files()
    project.pytester.makepyfile(test_ordinary="def test_a(): pass")
    project.run("test_ordinary.py")
    project.run("-k", "nothing")
    project.run("--collect-only")
    assert project.files() == before
    project.evidence("EvidenceSource('dry', frozenset({'mean'}), fail, (OutOfInk,))")
    result = project.run()
    assert project.files() == before
    result.stdout.fnmatch_lines(["no claim was judged; ledger is as it was"])


def test_a_new_ledger_replaces_the_old_one_and_nothing_else(project):
    project.claims(FIGURES)
    project.run()
    (project.folder / "notes.txt").write_text("mine")
    project.claims(FIGURES.replace('"drawn", "It', '"redrawn", "It'))
    project.run("-k", "high")
    assert (project.folder / "notes.txt").read_text() == "mine"
    figures = {path.name for path in (project.folder / "figures").iterdir()}
    assert figures == {f"redrawn--high{name}.{kind}" for name in ("", "--two") for kind in ("png", "pdf")}


def test_figures_are_saved_and_one_that_raises_costs_only_itself(project):
    project.claims(FIGURES)
    result = project.run("-k", "high")
    result.assert_outcomes(passed=1)
    (entry,) = project.ledger()["claims"]
    assert entry["verdict"] == "supported"
    assert entry["figures"] == [
        f"figures/drawn--high{name}.{kind}" for name in ("", "--two") for kind in ("png", "pdf")
    ]
    files = project.files()
    assert files["figures/drawn--high.png"].startswith(b"\x89PNG")
    assert files["figures/drawn--high.pdf"].startswith(b"%PDF")
    result.stdout.fnmatch_lines(["missing figure drawn--high--three: RuntimeError: no <ink> left"])
    assert "no &lt;ink&gt; left" in files["ledger.html"].decode()
    assert r"no \<ink\> left" in files["ledger.md"].decode()


@pytest.mark.parametrize("how", ["option", "ini"])
def test_figures_can_be_embedded_in_the_page(project, how):
    project.claims(FIGURES)
    given = ["--ledger-figures", "embed"] if how == "option" else ["-o", "claims_ledger_figures=embed"]
    project.run("-k", "high", *given)
    page = project.files()["ledger.html"].decode()
    assert page.count('src="data:image/png;base64,iVBOR') == 2
    assert 'src="figures/' not in page
    assert "figures/drawn--high.png" in project.files(), "the files are there all the same"
    project.run("-k", "high", *given, "--ledger-figures", "beside")
    assert 'src="figures/drawn--high.png"' in project.files()["ledger.html"].decode()


def test_a_place_for_figures_that_is_none_is_refused(project):
    result = project.run("-o", "claims_ledger_figures=nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "claims_ledger_figures: expected beside or embed, got 'nowhere'" in result.stderr.str()


def test_two_figures_of_one_name_are_reported(project):
    project.claims(FIGURES.replace('name="two"', 'name=""'))
    result = project.run("-k", "high")
    result.stdout.fnmatch_lines(["missing figure drawn--high: ValueError: two figures*"])


def test_the_ledger_is_rendered_from_the_xml_alone(project):
    project.claims(FIGURES)
    project.run()
    files = project.files()
    for name in ("ledger.json", "ledger.md", "ledger.html"):
        (project.folder / name).unlink()
    command = [sys.executable, "-m", "pytest_claims", "ledger", str(project.folder / "junit.xml")]
    subprocess.run(command, check=True)
    assert project.files() == files


def test_the_table_ends_the_output(project):
    lines = project.run().stdout.lines
    start = next(index for index, line in enumerate(lines) if "ledger of claims" in line)
    assert [line.split()[:3] for line in lines[start + 1 : start + 5]] == [
        ["verdict", "claim", "evidence"],
        ["supported", "mean-is-high", "high"],
        ["refuted", "mean-is-high", "low"],
        ["inconclusive", "mean-is-high", "middling"],
    ]
    assert lines[start + 5].startswith("ledger: ")


def test_a_ledger_that_cannot_be_written_is_one_clear_error(project):
    (project.pytester.path / "occupied").write_text("a file")
    result = project.run("--ledger", "occupied/ledger")
    assert result.ret != 0
    assert "expected a folder that can be written" in result.stdout.str() + result.stderr.str()


def test_an_interrupted_run_keeps_what_was_decided(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("stopped", "It stops.", rule=Above(1.0), needs=("mean",))
        def test_stopped(evidence, verdict):
            if evidence.mean < 0:
                raise KeyboardInterrupt
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    result = project.pytester.runpytest_subprocess(
        "-p", "no:randomly"
    )  # in this process, it would stop us as well
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert [entry["evidence"] for entry in project.ledger()["claims"]] == ["high"]


def test_without_ini_values_no_ledger_is_written(project):
    project.pytester.makefile(".ini", pytest="[pytest]\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*ledger of claims*"])
    assert not project.folder.exists()


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


def test_a_run_without_claims_pays_for_none(project):
    project.pytester.makepyfile(
        test_claims="""
        import subprocess, sys

        def test_what_is_imported():
            heavy = {"scipy", "matplotlib", "jinja2", "defusedxml", "pytest_claims.rendering"}
            code = "import pytest, sys; pytest.main(['-q', '--collect-only']); print(*sys.modules, sep=chr(10))"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            assert "pytest_claims.plugin" in done.stdout.split()
            assert not heavy & set(done.stdout.split())
        """,
        conftest="",
    )
    project.run().assert_outcomes(passed=1)
    assert not project.folder.exists()


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


def test_evidence_whose_figures_are_on_file_is_judged_and_not_drawn(project):
    project.claims(FIGURES)
    project.evidence("replace(numbers('filed', 2, 3, 4), has_figures=False), numbers('high', 2, 3, 4)")
    project.run()
    entries = {claim["evidence"]: claim for claim in project.ledger()["claims"] if claim["id"] == "drawn"}
    assert entries["filed"]["verdict"] == entries["high"]["verdict"] == "supported"
    assert (entries["filed"]["figures"], entries["filed"]["figure_errors"]) == ([], [])
    assert len(entries["high"]["figures"]) == 4
