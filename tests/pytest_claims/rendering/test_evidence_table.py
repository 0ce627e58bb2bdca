"""The table of evidence: what its facts tell, in columns that most evidence fills."""

from __future__ import annotations

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.evidence_table import MOST_COLUMNS, evidence_table

from ..made_reports import made_case, made_suite


def table(*cases, **facts):
    facts = {f"evidence.{name.replace('__', '.')}": value for name, value in facts.items()}
    return evidence_table(ledger_of(made_suite(*cases, **facts)))


def test_unknown_cells_are_empty_and_digests_are_no_column():
    found = table(
        made_case("rain", "a", headline="true", n="7"), made_case("wind", "a"), made_case("rain", "b"),
        a__seed="42", b__seeds="1, 2", a__device="gauge", a__fingerprint="0f" * 32, a__note="long " * 100,
        a__origin="on file", a__files="data/rain.csv",
    )  # fmt: skip
    assert found.columns == ("seeds", "device")
    first, second = found.rows
    assert (first.facts, second.facts) == (("42", "gauge"), ("1, 2", ""))
    assert (first.origin, first.files, first.link, first.n) == ("on file", "data/rain.csv", "", "7")
    assert (second.origin, second.files, second.date, second.n) == ("", "", "", "10")
    assert len(first.digest) == 64


def test_only_what_is_measured_now_has_the_runs_date():
    found = table(
        made_case("rain", "a"), made_case("rain", "b"), a__origin="measured now", b__date="May 1995"
    )
    assert [row.date for row in found.rows] == ["2026-03-01 10:00 UTC", "May 1995"]


def test_only_addresses_of_the_web_are_links():
    found = table(
        made_case("rain", "a"), made_case("rain", "b"), a__files="javascript:alert(1)", b__files="https://example.org/x"
    )  # fmt: skip
    assert [row.link for row in found.rows] == ["", "https://example.org/x"]


def test_figures_lead_to_their_judgement_and_own_numbers_are_no_evidence():
    found = table(made_case("rain", "a", figure="figures/x.png"), made_case("wind", ""))
    assert [row.figures for row in found.rows] == [(("rain@a", "rain", 1),)]


def test_more_facts_than_fit_are_left_to_the_judgements():
    assert len(table(made_case("rain", "a"), **{f"a__f{k}": "x" for k in range(20)}).columns) == MOST_COLUMNS


def test_facts_that_differ_come_before_those_that_are_the_same_of_all():
    same = {f"{name}__f{k}": "x" for name in "ab" for k in range(MOST_COLUMNS)}
    found = table(made_case("rain", "a"), made_case("rain", "b"), **same, a__seed="1", b__seed="2")
    assert found.columns == ("seed", *(f"f{k}" for k in range(MOST_COLUMNS - 1)))
