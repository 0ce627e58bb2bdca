"""Suites count their cases by outcome."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.junit.suite import Case, Outcome, Suite

OUTCOMES = get_args(Outcome)


@given(st.lists(st.sampled_from(OUTCOMES)), st.sets(st.sampled_from(OUTCOMES)))
def test_every_case_counts_for_its_own_outcome_alone(outcomes, asked):
    cases = tuple(Case("a", "b", "c.py", 1, 0.0, outcome) for outcome in outcomes)
    suite = Suite("", "", None, (), cases)
    assert suite.count(*asked) == sum(suite.count(outcome) for outcome in asked)
    assert suite.count(*OUTCOMES) == len(outcomes)
    assert [suite.count(outcome) for outcome in OUTCOMES] == [outcomes.count(outcome) for outcome in OUTCOMES]
