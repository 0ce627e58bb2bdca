"""A number above a bound, and an effect within a margin around zero: each verdict, and what is shown of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import AtLeast, Estimate, Negligible, Verdict
from pytest_claims.statistics import rate_difference

from .shown import interval, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.8, 0.9, S), (0.5, 0.79, R), (0.7, 0.9, I)])
def test_at_least(low, high, verdict):
    assert (
        AtLeast(0.8).decide(Estimate("reliability", (low + high) / 2, 10, ci_low=low, ci_high=high)).verdict
        is verdict
    )


@given(interval(0.15), st.sampled_from([0.15, 1 / 3]))
def test_at_least_follows_from_what_is_shown(numbers, bound):
    decision = AtLeast(bound).decide(Estimate("rate", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2]))
    read = shown(decision)
    assert decision.verdict is (S if read.low >= bound else R if read.high < bound else I)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.1, 0.14, Verdict.SUPPORTED),
        (0.16, 0.3, Verdict.REFUTED),
        (-0.3, -0.16, Verdict.REFUTED),
        (0.1, 0.2, Verdict.INCONCLUSIVE),
        (-0.3, 0.3, Verdict.INCONCLUSIVE),
    ],
)
def test_negligible(low, high, verdict):
    assert (
        Negligible(0.15).decide(Estimate("difference", 0.0, 10, ci_low=low, ci_high=high)).verdict is verdict
    )


@given(interval(0.15, -0.15), st.sampled_from([0.15, 0.01, 1 / 3]))
def test_negligible_follows_from_what_is_shown(numbers, margin):
    decision = Negligible(margin).decide(
        Estimate("difference", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2])
    )
    read = shown(decision)
    outside = read.low > margin or read.high < -margin
    assert decision.verdict is (S if -margin < read.low and read.high < margin else R if outside else I)


def test_an_interval_that_ends_just_beyond_the_margin():
    """Own rate 30 of 100, bystanders 250 of 1,000: the interval ends at 0.1503, which is no 0.15."""
    found = rate_difference(30, 100, 250, 1000)
    rule = Negligible(round(found.ci_high, 2))
    assert rule.margin == pytest.approx(found.ci_high, abs=5e-3)
    assert shown(rule.decide(found)).high != rule.margin
