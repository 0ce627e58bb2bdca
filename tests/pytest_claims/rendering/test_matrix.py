"""The matrix: claims by question, in the order in which they come, with those that were not judged."""

from __future__ import annotations

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.matrix import groups_of, row_data

from ..made_reports import made_case, made_suite, made_unjudged


def groups(*cases, most=1000):
    return [
        (group.question, [row.first.name for row in group.rows], [claim.name for claim, _ in group.unjudged])
        for group in groups_of(ledger_of(made_suite(*cases)), most)
    ]


def test_claims_stand_by_question_in_the_order_of_the_suite():
    assert groups(
        made_case("b", question="Why?"), made_case("a", question="How?"), made_case("c", question="Why?"),
        made_unjudged("d", question="When?"), made_unjudged("a", "elsewhere"), made_case("e"),
    ) == [("Why?", ["b", "c"], []), ("How?", ["a"], []), ("weather", ["e"], []), ("When?", [], ["d"])]  # fmt: skip


def test_the_question_of_an_earlier_report_is_its_module():
    assert groups(made_case("a")) == [("weather", ["a"], [])]


def test_a_claim_that_is_not_judged_on_some_evidence_says_so_in_its_row():
    (group,) = groups_of(ledger_of(made_suite(made_case("a", "x"), made_unjudged("a", "y"))), 10)
    assert {name: claim.why for name, claim in group.rows[0].skipped.items()} == {"y": "skipped"}
    assert row_data(group.rows[0], ("x", "y"), 0)["verdicts"] == "s."


def test_as_many_unjudged_claims_as_are_asked_for():
    assert len(groups(*(made_unjudged(f"c-{k}") for k in range(9)), most=4)[0][2]) == 4
