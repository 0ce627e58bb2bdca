"""A description of the sample, and a printed statistic against its table: each verdict, and what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import CorrelationEstimate, Description, Verdict, WithinRounding
from pytest_claims.statistics import (
    attainable_correlations,
    described,
    pearson,
    printed_against_attainable,
)

from ..study_table import COSINE, JS, RATE
from .shown import near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


def test_description_infers_nothing():
    estimate = pearson(JS, RATE)
    assert Description("r > 0").decide(described(estimate, holds=True)).verdict is S
    assert Description("r < 0").decide(described(estimate, holds=False)).verdict is R
    assert "describes this sample" in str(Description("r > 0"))


@given(st.booleans(), st.floats(-1, 1), st.none() | st.floats(0, 1))
def test_the_verdict_is_the_statement_s_truth_whatever_the_numbers(holds, r, p):
    estimate = described(CorrelationEstimate("r", r, 10, p_value=p), holds=holds)
    assert Description("r > 0").decide(estimate).verdict is (S if holds else R)


@pytest.mark.parametrize(
    ("printed", "inner", "outer", "verdict"),
    [
        (0.54, (0.50, 0.58), (0.49, 0.59), S),
        (0.585, (0.50, 0.58), (0.49, 0.59), S),
        (0.59, (0.50, 0.58), (0.49, 0.59), I),
        (0.60, (0.50, 0.58), (0.49, 0.59), R),
    ],
)
def test_within_rounding(printed, inner, outer, verdict):
    found = printed_against_attainable("r", printed, 0.005, inner, outer, 10)
    assert WithinRounding().decide(found).verdict is verdict


def test_the_printed_statistics_follow_from_the_table():
    for x, y, y_half, number, printed, half in (
        (COSINE, RATE, 0.0, "r", -0.66, 0.005), (COSINE, RATE, 0.0, "p", 0.039, 0.0005),
        (JS, RATE, 0.0, "p", 0.105, 0.0005), (COSINE, JS, 0.0005, "r", -0.50, 0.005),
    ):  # fmt: skip
        reach = attainable_correlations(x, y, 0.0005, y_half)
        inner, outer = (reach.r_inner, reach.r_outer) if number == "r" else (reach.p_inner, reach.p_outer)
        found = printed_against_attainable(number, printed, half, inner, outer, 10)
        assert WithinRounding().decide(found).verdict is S


@given(near(-0.665, -0.655), st.floats(0, 0.02), st.floats(0, 0.02), st.floats(0, 0.02))
def test_within_rounding_follows_from_what_is_shown(low, width, below, above):
    inner, outer = (low, low + width), (low - below, low + width + above)
    decision = WithinRounding().decide(printed_against_attainable("r", -0.66, 0.005, inner, outer, 10))
    read = shown(decision)
    attained = [float(end) for end in decision.reason.split("attained ")[1].split(" to ")]
    printed = (-0.66 - 0.005, -0.66 + 0.005)
    meets = attained[0] <= printed[1] and printed[0] <= attained[1]
    may_meet = read.low <= printed[1] and printed[0] <= read.high
    assert decision.verdict is (S if meets else I if may_meet else R)
