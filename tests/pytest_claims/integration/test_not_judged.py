"""Claims that are known and have no verdict are listed, each with its reason."""

from __future__ import annotations

import pytest

CLAIMS = """
import pytest
from pytest_claims import Estimate, claim
from above import Above

def judge(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))

@claim("misspelt", "Its needs are misspelt.", rule=Above(1.0), needs=("maen",), source="the tests")
def test_misspelt(evidence, verdict): judge(evidence, verdict)

@claim("strange", "Nothing is like its needs.", rule=Above(1.0), needs=("zzz", "mean"))
def test_strange(evidence, verdict): judge(evidence, verdict)

@claim("skips", "It skips itself.", rule=Above(1.0), needs=("mean",))
def test_skips(evidence, verdict): pytest.skip("not <today>")

@claim("imports", "It lacks a library.", rule=Above(1.0), needs=("mean",))
def test_imports(evidence, verdict): pytest.importorskip("no_such_library")

@claim("marked", "It is marked.", rule=Above(1.0), needs=("mean",))
@pytest.mark.skipif(True, reason="never here")
def test_marked(evidence, verdict): judge(evidence, verdict)

@claim("broken", "It is known to break.", rule=Above(1.0), needs=("mean",))
@pytest.mark.xfail(reason="bug 7", strict=False)
def test_broken(evidence, verdict): 1 / 0

@claim("unrun", "It is not even run.", rule=Above(1.0), needs=("mean",))
@pytest.mark.xfail(run=False, reason="it crashes")
def test_unrun(evidence, verdict): raise AssertionError

@claim("judged", "It is judged.", rule=Above(1.0), needs=("mean",))
@pytest.mark.xfail(reason="it will be refuted", strict=False)
def test_judged(evidence, verdict): judge(evidence, verdict)
"""
EXPECTED = {
    "misspelt": ("", "unfed", "no evidence has 'maen'; did you mean 'mean'?"),
    "strange": ("", "unfed", "no evidence has 'zzz'; there is 'colour', 'mean'"),
    "skips": ("high", "skipped", "not <today>"),
    "imports": ("high", "skipped", "could not import 'no_such_library': No module named 'no_such_library'"),
    "marked": ("high", "skipped", "never here"),
    "broken": ("high", "expected to fail", "bug 7"),
    "unrun": ("high", "expected to fail", "[NOTRUN] it crashes"),
}


@pytest.fixture
def mixed(project):
    project.evidence("numbers('high', 2, 3, 4, measures=('mean', 'colour'))")
    project.claims(CLAIMS)
    return project


@pytest.mark.parametrize("spread", [[], ["--tx=popen", "--dist=load"]], ids=["alone", "xdist"])
def test_claims_without_a_verdict_are_listed_with_their_reasons(mixed, spread):
    result = mixed.run(*spread)
    ledger = mixed.ledger()
    found = {c["id"]: (c["evidence"], c["why"], c["reason"]) for c in ledger["not_judged"]}
    assert found == EXPECTED
    assert ledger["not_judged"][0] | {"test": ""} == {
        "id": "misspelt", "statement": "Its needs are misspelt.", "source": "the tests", "evidence": "",
        "parameters": "", "why": "unfed", "reason": EXPECTED["misspelt"][2], "test": "",
        "kind": "inference", "family": "", "headline": False, "question": "claims", "evidence_label": "",
    }  # fmt: skip
    assert [entry["id"] for entry in ledger["claims"]] == ["judged"]
    assert not ledger["partial"]
    (line,) = [line for line in result.stdout.lines if line.startswith("not judged: ")]
    assert line.startswith(
        "not judged: misspelt (unfed: no evidence has 'maen'; did you mean 'mean'?), strange"
    )
    assert line.endswith(", and 3 more")


def test_markdown_and_the_page_list_them_too(mixed):
    mixed.run()
    text = mixed.files()["ledger.md"].decode()
    assert "| skips | high | skipped | not \\<today\\> |" in text
    page = mixed.files()["ledger.html"].decode()
    assert "<td>skipped</td><td>not &lt;today&gt;</td>" in page
    assert page.count("<article") == 2, "one judgement, and the form for others"


def test_where_nothing_could_be_judged_it_is_said_in_the_terminal(project):
    project.claims(CLAIMS.partition('@claim("strange"')[0])
    result = project.run()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        ["not judged: misspelt (unfed: no evidence has 'maen'; did you mean 'mean'[?])"]
    )
    assert not project.folder.exists()


def test_without_any_evidence_that_is_the_reason(project):
    project.evidence("")
    project.run().stdout.fnmatch_lines(["not judged: mean-is-high (unfed: no evidence is offered)"])


def test_a_module_that_skips_itself_is_known_from_the_last_ledger(project):
    project.run()
    source = (project.pytester.path / "test_claims.py").read_text()
    project.claims("import pytest\npytest.skip('no network', allow_module_level=True)\n" + source)
    project.run()
    assert len(project.ledger()["claims"]) == 3, "no claim was judged, so the last ledger stays"
    project.pytester.makepyfile(test_more=source.replace("mean-is-high", "more"))
    project.run()
    not_judged = [(c["id"], c["why"], c["reason"]) for c in project.ledger()["not_judged"]]
    assert not_judged == [("mean-is-high", "skipped", "no network")] * 3
    assert not project.ledger()["partial"]


def test_errors_alone_make_a_ledger_where_there_is_none(project):
    project.evidence("EvidenceSource('dry', frozenset({'mean'}), fail, (OutOfInk,))")
    result = project.run()
    assert [(c["evidence"], c["verdict"], c["reason"]) for c in project.ledger()["claims"]] == [
        ("dry", "error", "evidence dry: the pen ran out of ink")
    ]
    result.stdout.fnmatch_lines(["ledger: ledger/ledger.html"])
    project.evidence("numbers('high', 2, 3, 4)")
    project.run()
    assert list(project.entries()) == ["high"]
