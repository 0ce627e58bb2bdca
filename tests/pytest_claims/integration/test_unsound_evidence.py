"""Unsound evidence costs itself in a real run, and names of any kind are only shown."""

from __future__ import annotations

import json

import pytest

NAMES = [
    "Qwen/Qwen2.5", "m" * 300, "../../../x", "..", "a\\b", "CON", "con", "Case", "case", "café", "cafe\u0301", "tab\tand\nline",
    "\x1b[31mred", "a:b", "a--b", "[x]", "x::y", " spaced ", "100%", "\u202eevil", "-n", "\ud800",
]  # fmt: skip
DRAWN = """
from matplotlib.figure import Figure
from pytest_claims import Estimate, claim
from above import Above

@claim("drawn", "It is drawn.", rule=Above(1.0), needs=("mean",))
def test_drawn(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
    verdict.figure(lambda: Figure(figsize=(0.1, 0.1)))
"""


def test_evidence_of_any_name_is_judged_and_no_path_leaves_the_folder(project, monkeypatch):
    project.evidence(", ".join(f"numbers({name!r}, 2, 3, 4)" for name in NAMES))
    project.claims(DRAWN)
    outside = {path for path in project.pytester.path.parent.rglob("*") if path.is_file()}
    project.run().assert_outcomes(passed=len(NAMES))
    claims = project.ledger()["claims"]
    assert len(claims) == len({claim["evidence"] for claim in claims}) == len(NAMES)
    figures = [path for claim in claims for path in claim["figures"]]
    assert len({path.lower() for path in figures}) == 2 * len(NAMES)
    assert set(project.files()) == {
        ".pytest-claims.json", "junit.xml", "ledger.json", "ledger.md", "ledger.html", *figures
    }  # fmt: skip
    assert project.ledger()["left_out"] == []
    facts = project.ledger()["run"]
    assert facts["evidence.Qwen/Qwen2.5.device"] == "abacus"
    assert sum(name.endswith(".device") for name in facts) == len(NAMES)
    written = {path for path in project.pytester.path.parent.rglob("*") if path.is_file()} - outside
    assert {path for path in written if not path.is_relative_to(project.pytester.path)} == set()


def test_the_rest_is_judged_beside_unsound_entries(project):
    project.evidence(
        "'station', numbers('high', 2, 3, 4), numbers('text', 2, measures='mean'), 3, "
        "EvidenceSource('void', {'mean'}, lambda: None), EvidenceSource('exits', {'mean'}, lambda: exit(3)), "
        "EvidenceSource('odd', {'mean'}, lambda: Numbers((2,), b'key')), numbers('low', -2)"
    )
    project.run()
    assert {name: (entry["verdict"], entry["reason"]) for name, entry in project.entries().items()} == {
        "high": ("supported", "the mean is 3.0"),
        "low": ("refuted", "the mean is -2.0"),
        "void": ("error", "evidence void: expected the attribute sha256, which NoneType does not have"),
        "exits": ("error", "evidence exits: loading it raised SystemExit: 3"),
        "odd": ("error", "evidence odd: determined_by: expected a string, got b'key'"),
    }


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("raise LookupError('no station')", "pytest_claims_evidence raised LookupError: no station"),
        ("return 3", "pytest_claims_evidence raised TypeError: 'int' object is not iterable"),
        ("return {numbers('high', 2).name: 1}", "expected EvidenceSource or BrokenEvidence, got 'high'"),
    ],
)
def test_a_hook_that_fails_is_one_error(project, hook, message):
    source = (project.pytester.path / "conftest.py").read_text()
    project.pytester.makeconftest(source.replace("    return EVIDENCE", f"    {hook}"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}"])
    result.stdout.fnmatch_lines(["not judged: mean-is-high (unfed: no evidence is offered)"])


@pytest.mark.parametrize(
    ("environment", "fact"),
    [
        ('{"version.abacus": 1.5}', ("version.abacus", "1.5")),
        ('{"version.abacus": object}', ("version.abacus", "(left out: expected a string, got type)")),
        ("3", ("environment", "(left out: AttributeError: 'int' object has no attribute 'items')")),
        ("1 / 0", ("environment", "(left out: ZeroDivisionError: division by zero)")),
    ],
)
def test_facts_of_the_environment_cost_no_verdict(project, environment, fact):
    source = (project.pytester.path / "conftest.py").read_text()
    project.pytester.makeconftest(source.replace('{"version.abacus": "1.0"}', environment))
    project.run().assert_outcomes(passed=1, failed=1, xfailed=1)
    assert fact in project.ledger()["run"].items()


def test_a_rule_that_returns_no_decision_is_an_error_of_one_claim(project):
    project.claims(
        """
        from pytest_claims import Decision, Estimate, Verdict, claim

        class Mute:
            def decide(self, estimate): return None
            def __str__(self): return "mute"

        class Loose:
            def decide(self, estimate): return Decision("supported", estimate, "so", needed_n=-4)
            def __str__(self): return "loose"

        @claim("mute", "It says nothing.", rule=Mute(), needs=("mean",))
        def test_mute(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))

        @claim("loose", "It says what cannot be.", rule=Loose(), needs=("mean",))
        def test_loose(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    project.evidence("numbers('high', 2, 3, 4)")
    project.run().assert_outcomes(errors=2)
    assert [claim["reason"] for claim in project.ledger()["claims"]] == [
        "TypeError: claim mute: expected a Decision of its rule Mute, got None",
        "ValueError: needed_n: expected a whole number from 0, got -4",
    ]


def test_properties_of_ordinary_tests_may_be_anything(project):
    project.pytester.makepyfile(
        test_ordinary="""
        class Sulky:
            def __str__(self): raise RuntimeError("no")

        def test_odd(record_property, request):
            record_property(3, b"bytes")
            record_property("sulky", Sulky())
            request.node.user_properties.append("text")
            request.node.user_properties.append(("one", "two", "three"))
        """
    )
    project.run().assert_outcomes(passed=2, failed=1, xfailed=1)
    assert json.loads((project.folder / "ledger.json").read_text())["left_out"] == []
    assert b'name="sulky" value="(cannot be shown: RuntimeError)"' in project.files()["junit.xml"]
