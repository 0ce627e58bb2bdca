"""From the decorator and the hook to the files: kinds, families and groups of evidence."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from pytest_claims.core.kind import KINDS

CLAIMS = """
import pytest
from pytest_claims import Estimate, claim
from above import Above

def judge(evidence, verdict, p):
    verdict.decide(Estimate("mean", evidence.mean, 3, p_value=p))

@claim("first", "It is one.", rule=Above(1.0), needs=("mean",), family="means")
def test_first(evidence, verdict): judge(evidence, verdict, 0.03)

@claim("second", "It is another.", rule=Above(1.0), needs=("mean",), family="means", kind="inference")
def test_second(evidence, verdict): judge(evidence, verdict, 0.04)

@claim("described", "It is described.", rule=Above(1.0), needs=("mean",), family="means", kind="description")
def test_described(evidence, verdict): judge(evidence, verdict, 0.01)

@claim("printed", "It is printed.", rule=Above(1.0), needs=("mean",), kind="arithmetic")
def test_printed(evidence, verdict): judge(evidence, verdict, 0.01)

@claim("works", "It works.", rule=Above(1.0), needs=("mean",), kind="instrument")
def test_works(evidence, verdict): judge(evidence, verdict, 0.01)
"""


def in_group(name, *values, role):
    return f"replace(numbers({name!r}, {', '.join(map(str, values))}), group='study', role={role!r})"


STUDY = ", ".join(
    [in_group("s1", -3, role="member"), in_group("all", 2, role="pooled"), in_group("s2", 3, role="member")]
)


def properties(project):
    suite = ET.fromstring(project.files()["junit.xml"]).find("testsuite")
    return [
        {p.get("name").removeprefix("claim."): p.get("value") for p in case.iterfind("properties/property")}
        for case in suite.iterfind("testcase")
    ]


@pytest.mark.parametrize("spread", [[], ["--tx=popen", "--dist=load"]], ids=["alone", "xdist"])
def test_kind_family_and_group_reach_the_report_and_the_ledger(project, spread):
    project.evidence(STUDY)
    project.claims(CLAIMS)
    result = project.run(*spread)
    found = properties(project)
    assert [(p["kind"], p.get("family")) for p in found[::3]] == [
        ("inference", "means"), ("inference", "means"), ("description", "means"), ("arithmetic", None), ("instrument", None),
    ]  # fmt: skip
    assert [(p["evidence"], p["evidence_group"], p["evidence_role"]) for p in found[:3]] == [
        ("s1", "study", "member"), ("all", "study", "pooled"), ("s2", "study", "member"),
    ]  # fmt: skip
    # The report keeps the raw p; the ledger has both.
    assert [p["p_value"] for p in found[:3]] == ["0.03"] * 3
    assert not any("adjusted" in name for p in found for name in p)
    ledger = project.ledger()
    by_key = {(claim["id"], claim["evidence"]): claim for claim in ledger["claims"]}
    first = by_key["first", "all"]
    assert (first["p_value"], first["p_adjusted"], first["family_size"]) == (0.03, 0.06, 2)
    assert first["significance_lost"]
    assert first["verdict"] == "supported"
    assert by_key["described", "all"]["p_adjusted"] is None
    assert [by_key["first", name]["pooled_in"] for name in ("s1", "all", "s2")] == ["all", "", "all"]
    # Each of five claims counts once, by its pooled judgement.
    assert ledger["findings"]["supported"] == 2
    assert sum(ledger["findings"].values()) == 2
    assert {kind: counts["supported"] for kind, counts in ledger["other_kinds"].items()} == dict.fromkeys(
        KINDS[1:], 1
    )
    lines = result.stdout.lines
    assert any(
        line.startswith(
            "no longer significant by the p that is adjusted for the family: first on all (0.06), second on all (0.06)"
        )
        for line in lines
    )
    (closing,) = [line for line in lines if line.startswith("the run came to its end: ")]
    assert closing == (
        "the run came to its end: findings: 2 supported; other judgements: 8 supported, 5 refuted; no errors"
    )


def test_a_kind_that_there_is_not_is_one_error_of_the_file(project):
    project.claims(CLAIMS.replace("kind='arithmetic'", "").replace('"arithmetic"', '"arithmetics"'))
    result = project.run()
    expected = "claim printed: kind: expected one of inference, description, arithmetic, instrument, got 'arithmetics'"
    assert sum(line.startswith("E ") and expected in line for line in result.stdout.lines) == 1
    result.assert_outcomes(errors=1)


def test_what_is_not_run_keeps_kind_family_and_group(project):
    project.evidence(STUDY)
    project.claims(CLAIMS)
    project.run()
    project.run("-k", "test_first and all")
    ledger = project.ledger()
    (entry,) = ledger["claims"]
    assert (entry["p_adjusted"], entry["family_size"], entry["family_missing"]) == (0.03, 1, 1)
    assert entry["pooled_in"] == ""
    kinds = {claim["id"]: (claim["kind"], claim["family"]) for claim in ledger["not_judged"]}
    assert kinds == {
        "first": ("inference", "means"),
        "second": ("inference", "means"),
        "described": ("description", "means"),
        "printed": ("arithmetic", ""),
        "works": ("instrument", ""),
    }
    assert {(p["evidence"], p["evidence_role"]) for p in properties(project)} == {
        ("s1", "member"),
        ("all", "pooled"),
        ("s2", "member"),
    }


def test_evidence_in_no_group_is_as_it_was(project):
    project.run()
    found = properties(project)
    assert not any(
        name.startswith(("evidence_group", "evidence_role", "family")) for p in found for name in p
    )
    assert project.ledger()["findings"] == {
        "supported": 1, "refuted": 1, "inconclusive": 1, "uninformative": 0, "error": 0,
    }  # fmt: skip
    assert project.ledger()["other_kinds"] == {}
