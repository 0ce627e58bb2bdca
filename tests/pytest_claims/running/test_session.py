"""``--ledger``: where the ledger is written, when, and with which figures."""

import pytest

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


def test_evidence_whose_figures_are_on_file_is_judged_and_not_drawn(project):
    project.claims(FIGURES)
    project.evidence("replace(numbers('filed', 2, 3, 4), has_figures=False), numbers('high', 2, 3, 4)")
    project.run()
    entries = {claim["evidence"]: claim for claim in project.ledger()["claims"] if claim["id"] == "drawn"}
    assert entries["filed"]["verdict"] == entries["high"]["verdict"] == "supported"
    assert (entries["filed"]["figures"], entries["filed"]["figure_errors"]) == ([], [])
    assert len(entries["high"]["figures"]) == 4
