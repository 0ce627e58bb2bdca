"""What counts as a change between two runs, and what does not."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.comparison import compared, has_moved
from pytest_claims.ledger import Entry
from pytest_claims.ledger_reader import ledger_of

from .made_reports import large_suite, made_case, made_suite


def entry(estimate, low=None, high=None, statistic="Pearson r"):
    return Entry("a", "A.", "", "e", "supported", "rule", "", statistic, estimate, low, high)


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        # Within both intervals; outside the old; outside the new alone.
        (entry(0.5, 0.2, 0.8), entry(0.6, 0.3, 0.9), False),
        (entry(0.5, 0.4, 0.6), entry(0.7, 0.1, 0.9), True),
        (entry(0.5, 0.1, 0.9), entry(0.7, 0.6, 0.8), True),
        # On the edge is within, and the last digits of a float are no move.
        (entry(0.5, 0.2, 0.8), entry(0.8, 0.5, 1.1), False),
        (entry(1.0, 1.0, 1.0), entry(1.0 + 1e-12, 1.0 + 1e-12, 1.0 + 1e-12), False),
        (entry(1.0, 1.0, 1.0), entry(1.0 + 1e-6, 1.0 + 1e-6, 1.0 + 1e-6), True),
        # One interval is enough; half of one is none.
        (entry(0.5, 0.4, 0.6), entry(0.7), True),
        (entry(0.5), entry(0.7, 0.4, 0.9), False),
        (entry(0.5, 0.4, None), entry(0.9), True),
        # Without intervals: as printed.
        (entry(68.13), entry(68.14), False),
        (entry(68.1), entry(68.2), True),
        # Nothing to compare.
        (entry(None), entry(0.5), False),
        (entry(0.5, 0.4, 0.6), entry(5.0, 4.0, 6.0, statistic="chi-square"), False),
    ],
)
def test_when_an_estimate_has_moved_beyond_its_interval(old, new, moved):
    assert has_moved(old, new) is moved


NUMBERS = st.none() | st.floats(-1e6, 1e6)


@given(st.tuples(*[NUMBERS] * 6))
def test_moving_there_is_moving_back_and_standing_still_is_not_moving(numbers):
    old, new = entry(*numbers[:3]), entry(*numbers[3:])
    assert has_moved(old, new) == has_moved(new, old)
    if (
        old.ci_low is None
        or old.ci_high is None
        or old.estimate is None
        or old.ci_low <= old.estimate <= old.ci_high
    ):
        assert not has_moved(old, old)


def test_a_run_is_the_same_as_itself():
    ledger = ledger_of(large_suite(20, 3))
    found = compared(ledger, ledger)
    assert not found.changed
    assert not found.incomplete
    assert found.same == 60


def test_every_kind_of_change_is_found_and_the_rest_is_the_same():
    old = ledger_of(
        made_suite(
            made_case("same"), made_case("verdict", verdict="supported"), made_case("moved", value=-0.6, half_width=0.1),
            made_case("restated"), made_case("ruled"), made_case("measured"), made_case("went"),
            made_case("refitted", "b"),
        )
    )  # fmt: skip
    new = ledger_of(
        made_suite(
            made_case("came"), made_case("same"), made_case("verdict", verdict="inconclusive"),
            made_case("moved", value=-0.3, half_width=0.1), made_case("restated", statement="Otherwise."),
            made_case("ruled", rule="a new rule"), made_case("measured", statistic="Spearman rho"),
            made_case("refitted", "b", evidence_sha256="cd" * 32),
        )
    )  # fmt: skip
    found = compared(old, new)
    assert [pair.new.id for pair in found.verdicts] == ["verdict"]
    assert [pair.new.id for pair in found.moved] == ["moved"]
    assert [pair.new.id for pair in found.redefined] == ["restated", "ruled", "measured"]
    assert [entry.id for entry in found.came] == ["came"]
    assert [entry.id for entry in found.gone] == ["went"]
    assert [(change.name, change.new_sha256, change.remade) for change in found.evidence] == [
        ("b", "cd" * 32, False)
    ]
    assert found.same == 2
    assert found.changed


def test_evidence_that_was_made_otherwise_is_told_from_other_numbers_of_the_same():
    old = ledger_of(made_suite(made_case()))
    remade = ledger_of(made_suite(made_case(evidence_sha256="ab", evidence_determined_by="another model")))
    (change,) = compared(old, remade).evidence
    assert change.remade


def test_an_evidence_that_one_run_did_not_load_has_no_fingerprint_to_compare():
    old, new = ledger_of(made_suite(made_case())), ledger_of(made_suite(made_case(verdict="error")))
    found = compared(old, new)
    assert found.evidence == ()
    assert len(found.verdicts) == 1
    assert found.redefined == ()


def test_what_was_left_out_makes_the_comparison_incomplete():
    old = ledger_of(made_suite(made_case()))
    assert compared(old, dataclasses.replace(old, left_out=("something",))).incomplete


def test_two_judgements_of_one_claim_and_evidence_are_held_each_against_its_own():
    twin = dataclasses.replace(made_case(verdict="refuted"), name="test_twin")
    old = ledger_of(made_suite(made_case(), twin))
    assert not compared(old, old).changed
