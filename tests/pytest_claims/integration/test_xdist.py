"""The ledger does not depend on how many processes made it, nor on their survival."""

import re

import pytest

from ..running.test_session import FIGURES

ARBITRARY = re.compile(
    rb'(time|timestamp|hostname)="[^"]*"|"(started|host|duration_s)": "[^"]*"'
    rb'|\| (started|host|duration\\_s) \|[^\n]*|<th scope="row">(started|host|duration_s)</th><td>[^<]*'
    rb"|sha256:[0-9a-f]{64}|\d{4}-\d\d-\d\d \d\d:\d\d UTC"
)


def test_the_same_bytes_with_any_number_of_processes(project):
    claims = FIGURES + "".join(
        f"""
@claim("copy-{index}", "Copy {index}.", rule=Above(1.0), needs=("mean",))
def test_copy_{index}(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
    verdict.figure(draw, evidence)
"""
        for index in range(4)
    )
    project.claims(claims)
    ledgers = []
    for processes in ("0", "2", "4"):
        project.run("-n", processes)
        ledgers.append({name: ARBITRARY.sub(b"", content) for name, content in project.files().items()})
    assert len(ledgers[0]) == 5 + 2 * (3 * 2 + 4 * 3)
    assert ledgers[0] == ledgers[1] == ledgers[2]
    assert b"digest-of-2-3-4" in ledgers[2]["junit.xml"]


@pytest.mark.parametrize("where", ["evidence", "claim"])
def test_a_crash_in_a_worker_costs_one_claim(project, where):
    project.evidence(
        "numbers('high', 2, 3, 4), numbers('higher', 3, 4, 5), "
        + (
            "EvidenceSource('fatal', frozenset({'mean'}), lambda: __import__('os')._exit(3))"
            if where == "evidence"
            else "numbers('fatal', 4, 5, 6)"
        )
    )
    project.claims(
        """
        import os
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("survivor", "It survives.", rule=Above(1.0), needs=("mean",))
        def test_survivor(evidence, verdict):
            if evidence.determined_by.endswith("fatal"):
                os._exit(3)
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    result = project.run("-n", "2")
    assert result.ret != 0
    entries = project.entries()
    assert {name: entry["verdict"] for name, entry in entries.items()} == {
        "high": "supported",
        "higher": "supported",
        "fatal": "error",
    }
    assert "crashed" in entries["fatal"]["reason"]
    assert entries["fatal"]["statement"] == "It survives."


def test_problems_are_reported_once(project):
    project.evidence("BrokenEvidence('torn', 'torn.csv: expected a number'), numbers('high', 2, 3, 4)")
    result = project.run("-n", "2")
    result.assert_outcomes(passed=1, errors=1)
