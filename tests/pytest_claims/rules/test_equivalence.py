"""Rates within a margin of a target: each verdict, and the rate that decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    BrokenMeasurementError,
    RateEquivalence,
    Verdict,
)
from pytest_claims.statistics import (
    simultaneous_rates,
)
from pytest_claims.statistics.proportions import RatesEstimate

from .shown import interval, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


def test_rate_equivalence():
    rule = RateEquivalence(1 / 3, margin=0.15)
    assert rule.decide(simultaneous_rates(("a", "b"), [33, 32], [100, 100])).verdict is S
    refuted = rule.decide(simultaneous_rates(("a", "b"), [33, 2], [100, 100]))
    assert refuted.verdict is R
    assert "b (2%)" in refuted.reason
    assert rule.decide(simultaneous_rates(("a", "b"), [3, 4], [10, 10])).verdict is I


RATES = st.lists(interval(0.3, 0.6, 0.45, low=0.0), min_size=1, max_size=5)


@given(RATES)
def test_rate_equivalence_follows_from_what_is_shown(rates):
    values, lows, highs = zip(*rates, strict=True)
    labels = tuple(f"rate {index}" for index in range(len(rates)))
    found = RatesEstimate(
        "pooled", 0.4, 400, ci_low=0.35, ci_high=0.45, labels=labels, rates=values, lows=lows, highs=highs
    )
    rule = RateEquivalence(0.45, margin=0.15)
    decision = rule.decide(found)
    low, high = rule.target - rule.margin, rule.target + rule.margin
    read = shown(decision)
    within, outside = low <= read.low and read.high <= high, read.high < low or read.low > high
    assert decision.verdict is (S if within else R if outside else I)
    assert read.statistic.split(" (")[0].removeprefix("rate of ") in labels


def test_the_rate_that_decides_is_shown_and_the_pooled_one_beside_it():
    """Pooled, the rate lies within 15 points of a third; under one prompt it does not."""
    found = simultaneous_rates(("cook", "pilot"), [100, 240], [400, 400])
    decision = RateEquivalence(1 / 3, margin=0.15).decide(found)
    assert decision.verdict is R
    assert decision.estimate.statistic.startswith("rate of pilot (")
    assert (decision.estimate.value, decision.estimate.n) == (0.6, 400)
    assert (decision.estimate.ci_low, decision.estimate.ci_high) == (found.lows[1], found.highs[1])
    assert "pooled rate of 2: 0.42 [0.39, 0.46]" in decision.reason


def test_no_rate_at_all_is_no_verdict():
    found = RatesEstimate("pooled", 0.4, 400, labels=(), rates=(), lows=(), highs=())
    with pytest.raises(BrokenMeasurementError, match="expected at least one rate"):
        RateEquivalence(0.45).decide(found)


@given(RATES, st.randoms())
def test_the_order_of_the_rates_does_not_matter(rates, random):
    def judged(given_rates):
        values, lows, highs = zip(*given_rates, strict=True)
        labels = tuple(f"rate {index}" for index in range(len(values)))
        found = RatesEstimate("pooled", 0.4, 400, labels=labels, rates=values, lows=lows, highs=highs)
        return RateEquivalence(0.45, margin=0.15).decide(found).verdict

    assert judged(random.sample(rates, len(rates))) is judged(rates)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.25, I), (0.1, 0.2499, R), (0.75, 0.9, I), (0.7501, 0.9, R), (0.25, 0.75, S), (0.2499, 0.75, I)],
)
def test_the_margin_itself_is_within(low, high, verdict):
    found = RatesEstimate("pooled", 0.4, 400, labels=("a",), rates=(low,), lows=(low,), highs=(high,))
    assert RateEquivalence(0.5, margin=0.25).decide(found).verdict is verdict
