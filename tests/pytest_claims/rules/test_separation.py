"""A group on one side of the rest: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    Separation,
    Verdict,
)
from pytest_claims.statistics import (
    SeparationEstimate,
    rank_separation,
)

from ..study_table import COSINE, RATE
from .shown import near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


def test_separation():
    rule = Separation()
    assert rule.decide(rank_separation(COSINE, RATE, k=5, which="highest", sign="negative")).verdict is S
    assert rule.decide(rank_separation(COSINE, RATE, k=4, which="lowest", sign="negative")).verdict is R
    assert rule.decide(rank_separation(COSINE, RATE, k=3, which="highest", sign="negative")).verdict is I


@given(near(0.025, low=0.0), near(0.025, low=0.0), st.integers(0, 5))
def test_separation_follows_from_what_is_shown(p, opposite, found):
    estimate = SeparationEstimate(
        "share (one-sided exact p of so many or more)", found / 5, 10, p_value=p, p_opposite=opposite
    )
    decision = Separation().decide(estimate)
    read = shown(decision)
    if "of so few or fewer" in read.statistic:
        expected = R if read.p <= 0.025 else I
    else:
        expected = S if read.value == 1 and read.p <= 0.025 else I
    assert decision.verdict is expected


def test_ties_at_the_edge_of_a_group_refute_nothing():
    """Ten units tie for the four places left; which of them are counted is chance, not evidence."""
    score = np.array([-1.0] + [-1] * 5 + [1] * 5 + [1] * 3)
    rate = np.array([9.0] + [5] * 10 + [0] * 3)
    found = rank_separation(score, rate, k=5, which="highest", sign="negative")
    assert found.value == pytest.approx(1 / 5)
    assert Separation().decide(found).verdict is Verdict.INCONCLUSIVE
