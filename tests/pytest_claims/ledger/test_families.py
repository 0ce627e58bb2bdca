"""Families in the ledger: adjusted within one body of evidence, of inferences alone, and what is lost by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.core.kind import KINDS
from pytest_claims.ledger.families import adjusted_p_text, adjustment_text
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.statistics import adjust_holm

from ..made_reports import made_case, made_suite, made_unjudged


def case(name, evidence="one", p="0.02", **changed):
    return made_case(name, evidence, p_value=p, **{"family": "cosines", **changed})


def entries(*cases):
    ledger = ledger_of(made_suite(*cases))
    assert ledger.left_out == ()
    return {(entry.id, entry.evidence): entry for entry in ledger.entries}


def test_raw_p_stays_and_the_adjusted_one_stands_beside_it():
    found = entries(
        case("a", p="0.01"), case("b", p="0.03"), case("c", p="0.02"), case("d", p="0.02", family="")
    )
    assert [(e.p_value, e.p_adjusted, e.family_size) for e in found.values()] == [
        (0.01, pytest.approx(0.03), 3), (0.03, pytest.approx(0.04), 3), (0.02, pytest.approx(0.04), 3), (0.02, None, None),
    ]  # fmt: skip


def test_a_family_is_adjusted_within_its_evidence():
    alone = entries(case("a", "one"), case("b", "one", p="0.2"))
    among = entries(
        case("a", "one"), case("a", "two", p="0.5"), case("b", "one", p="0.2"), case("b", "two", p="0.9")
    )
    assert among["a", "one"] == alone["a", "one"]
    assert among["a", "two"].p_adjusted == 1.0


def test_families_of_different_names_have_nothing_to_do_with_each_other():
    found = entries(case("a"), case("b", family="divergences"))
    assert [entry.p_adjusted for entry in found.values()] == [0.02, 0.02]


def test_only_inferences_are_adjusted_and_counted():
    kinds = [case(f"c-{kind}", kind=kind) for kind in KINDS]
    found = entries(*kinds, case("more"), case("old", kind=None))
    assert {e.id: e.p_adjusted for e in found.values()} == {
        "c-inference": 0.04, "c-description": None, "c-arithmetic": None, "c-instrument": None, "more": 0.04, "old": None,
    }  # fmt: skip


def test_members_without_a_p_value_are_counted_as_missing():
    no_p = case("b", p=None)
    found = entries(
        case("a"),
        no_p,
        case("c", verdict="error", p=None),
        case("d", verdict="uninformative", p=None),
        made_unjudged("e", "one", family="cosines"),
        made_unjudged("f", "two", family="cosines"),
        made_unjudged("g", "one", family="others"),
        made_unjudged("h", "one", family="cosines", kind="description"),
    )
    a = found["a", "one"]
    assert (a.p_adjusted, a.family_size, a.family_missing) == (0.02, 1, 4)
    assert adjustment_text(a) == (
        "0.02 (Holm, one p-value of the family cosines on this evidence, 4 more without a p-value)"
    )
    assert adjustment_text(found["b", "one"]) == ""


@pytest.mark.parametrize(
    ("p", "other", "level", "lost"),
    [
        ("0.02", "0.9", None, False),
        ("0.03", "0.9", None, True),
        ("0.025", "0.9", None, True),
        ("0.06", "0.9", None, False),
        ("0.03", "0.9", "0.1", False),
        ("0.02", "0.9", "0.025", True),
        ("0.02", "0.9", "0.01", False),
    ],
)
def test_significance_is_lost_where_the_adjusted_p_is_no_longer_below_the_rule_s_level(p, other, level, lost):
    found = entries(case("a", p=p, p_level=level), case("b", p=other))["a", "one"]
    assert found.significance_lost is lost
    said = f"; no longer below {level or '0.05'}, the verdict is by the raw p"
    assert adjustment_text(found).endswith(said) is lost
    assert found.verdict == "supported"


def test_the_adjusted_p_is_written_on_its_side_of_the_level():
    found = entries(case("a", p="0.02501"), case("b", p="0.9"))["a", "one"]
    assert float(adjusted_p_text(found)) > 0.05


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_the_ledger_s_adjustment_is_holm_s(p_values):
    cases = [case(f"c-{index}", p=repr(p), p_level="0.05") for index, p in enumerate(p_values)]
    found = ledger_of(made_suite(*cases)).entries
    assert [entry.p_adjusted for entry in found] == adjust_holm(p_values)
    assert [entry.significance_lost for entry in found] == [
        raw < 0.05 <= after for raw, after in zip(p_values, adjust_holm(p_values), strict=True)
    ]
