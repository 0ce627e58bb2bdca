"""A parameter of a claim's test is in its key, its row, its record and its page."""

from __future__ import annotations

import json

import pytest

HEAD = """
import pytest
from pytest_claims import Estimate, claim
from above import Above

"""
KINDS = {
    "plain": (
        """
@claim("shifted", "It is high.", rule=Above(1.0), needs=("mean",))
@pytest.mark.parametrize("shift", [0, -9])
def test_shifted(evidence, verdict, shift):
    verdict.decide(Estimate("mean", evidence.mean + shift, 3))
""",
        {"0": "supported", "-9": "refuted"},
    ),
    "stacked": (
        """
@pytest.mark.parametrize("shift", [0, -9])
@claim("shifted", "It is high.", rule=Above(1.0), needs=("mean",))
@pytest.mark.parametrize("factor", [pytest.param(1, id="one"), pytest.param(0, id="none at all")])
def test_shifted(evidence, verdict, shift, factor):
    verdict.decide(Estimate("mean", evidence.mean * factor + shift, 3))
""",
        {
            "one-0": "supported",
            "one--9": "refuted",
            "none at all-0": "inconclusive",
            "none at all--9": "refuted",
        },
    ),
    "fixture": (
        """
@pytest.fixture(params=[0, -9], ids=["as it is", "less"])
def shift(request):
    return request.param

@claim("shifted", "It is high.", rule=Above(1.0), needs=("mean",))
def test_shifted(evidence, verdict, shift):
    verdict.decide(Estimate("mean", evidence.mean + shift, 3))
""",
        {"as it is": "supported", "less": "refuted"},
    ),
    "indirect": (
        """
@pytest.fixture
def shift(request):
    return -request.param

@claim("shifted", "It is high.", rule=Above(1.0), needs=("mean",))
@pytest.mark.parametrize("shift", [0, 9], indirect=True)
def test_shifted(evidence, verdict, shift):
    verdict.decide(Estimate("mean", evidence.mean + shift, 3))
""",
        {"0": "supported", "9": "refuted"},
    ),
    "inherited": (
        """
class Shifted:
    shift = 0

    @claim("shifted", "It is high.", rule=Above(1.0), needs=("mean",))
    def test_shifted(self, evidence, verdict):
        verdict.decide(Estimate("mean", evidence.mean + self.shift, 3))

class TestUp(Shifted): pass
class TestDown(Shifted): shift = -9
""",
        {"TestUp": "supported", "TestDown": "refuted"},
    ),
    "own numbers": (
        """
@claim("shifted", "It is high.", rule=Above(1.0))
@pytest.mark.parametrize("mean", [2.0, -2.0])
def test_shifted(verdict, mean):
    verdict.decide(Estimate("mean", mean, 3))
""",
        {"2.0": "supported", "-2.0": "refuted"},
    ),
    "own evidence": (
        """
@claim("shifted", "It is high.", rule=Above(1.0))
@pytest.mark.parametrize(argnames=["evidence", "shift"], argvalues=[(2.0, 0), (2.0, -9)])
def test_shifted(verdict, evidence, shift):
    verdict.decide(Estimate("mean", evidence + shift, 3))
""",
        {"2.0-0": "supported", "2.0--9": "refuted"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_variant_is_a_judgement_of_its_own(project, kind):
    source, verdicts = KINDS[kind]
    project.evidence("numbers('high', 2, 3, 4)")
    project.claims(HEAD + source)
    project.run()
    claims = project.ledger()["claims"]
    assert {claim["parameters"]: claim["verdict"] for claim in claims} == verdicts
    assert {claim["id"] for claim in claims} == {"shifted"}
    page = project.files()["ledger.html"].decode()
    for parameters in verdicts:
        assert f'<span data-slot="claim">shifted[{parameters}]</span>' in page
    assert project.ledger()["left_out"] == []


def test_the_record_tells_variants_apart(project):
    source, _ = KINDS["plain"]
    project.evidence("numbers('high', 2, 3, 4), numbers('higher', 3, 4, 5)")
    project.claims(HEAD + source)
    project.run("--claims-record").assert_outcomes(passed=2, xfailed=2)
    record = json.loads((project.pytester.path / "record.json").read_text())
    assert [entry["verdicts"] for entry in record["evidence"]] == [
        {"shifted[-9]": "refuted", "shifted[0]": "supported"}
    ] * 2
    project.run().assert_outcomes(passed=2, xfailed=2)


def test_figures_of_variants_are_files_of_their_own(project):
    project.evidence("numbers('high', 2, 3, 4)")
    project.claims(
        HEAD.replace("import pytest\n", "import pytest\nfrom matplotlib.figure import Figure\n")
        + KINDS["plain"][0]
        + "    verdict.figure(Figure(figsize=(1, 1)))\n"
    )
    project.run()
    paths = [path for claim in project.ledger()["claims"] for path in claim["figures"]]
    assert len({path.lower() for path in paths}) == 4
    assert all((project.folder / path).is_file() for path in paths)


def test_verdicts_that_the_record_could_not_tell_apart_are_not_recorded(project):
    project.evidence("replace(numbers('a', 2), load=lambda: Numbers((2,), 'same')), "
                     "replace(numbers('b', -2), load=lambda: Numbers((-2,), 'same'))")  # fmt: skip
    result = project.run("--claims-record")
    said = "record: mean-is-high is left out: refuted and supported on evidence determined by the same"
    assert said in result.stdout.lines
    assert json.loads((project.pytester.path / "record.json").read_text())["evidence"] == []


@pytest.mark.parametrize(
    "other",
    [
        "class TestA:\n    @claim('shifted', 'Again.', rule=Above(1.0))\n    def test_a(self, verdict): pass\n",
        "from test_claims import test_shifted as test_again\n",
        "from test_claims import TestBase\n",
    ],
    ids=["another class", "an imported test", "an imported class"],
)
def test_one_id_for_two_tests_is_an_error_that_names_both(project, other):
    base = "class TestBase:\n    @claim('based', 'It is based.', rule=Above(1.0))\n    def test_b(self, verdict):\n        verdict.decide(Estimate('mean', 2.0, 3))\n"
    project.claims(HEAD + KINDS["own numbers"][0] + base)
    project.pytester.makepyfile(test_second=HEAD + other)
    project.pytester.syspathinsert()
    result = project.run()
    name = "based" if "Base" in other else "shifted"
    result.stdout.fnmatch_lines(
        [f"claim id '{name}' is used by 2 tests: test_claims.py::*, test_second.py::*"]
    )
    assert {(c["id"], c["verdict"]) for c in project.ledger()["claims"]} >= {(name, "error")}


def test_a_method_of_a_test_case_is_refused(project):
    project.claims(
        HEAD
        + """
import unittest

@pytest.mark.usefixtures("verdict")
class TestOld(unittest.TestCase):
    @claim("old", "It is old.", rule=Above(1.0))
    def test_old(self): pass

class TestPlain(unittest.TestCase):
    def test_plain(self): pass
"""
    )
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*claim old must stand outside of unittest.TestCase, whose methods have no fixtures"]
    )
