"""Rates within a margin of a target, or not one rate: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError, Heterogeneity, RateEquivalence, Verdict
from pytest_claims.statistics import ContingencyEstimate, rate_heterogeneity, simultaneous_rates
from pytest_claims.statistics.proportions import RatesEstimate

from ..study_table import HITS, SAMPLES
from .shown import interval, near, shown

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


def test_heterogeneity():
    assert Heterogeneity().decide(rate_heterogeneity(HITS, SAMPLES)).verdict is S
    assert Heterogeneity().decide(rate_heterogeneity([500, 501], [1000, 1000])).verdict is R
    assert Heterogeneity().decide(rate_heterogeneity([5, 6], [10, 10])).verdict is I


@given(near(0.025, low=0.0), interval(0.1, low=0.0), st.floats(0, 500))
def test_heterogeneity_follows_from_what_is_shown(p, numbers, chi2):
    _, low, high = numbers
    decision = Heterogeneity().decide(
        ContingencyEstimate(
            "chi-square", chi2, 1000, p_value=p, degrees_of_freedom=9, cramers_v=0.2, v_low=low, v_high=high
        )
    )
    read = shown(decision)
    assert decision.verdict is (S if read.p < 0.025 else R if read.high < 0.1 else I)


def test_cramers_v_is_shown_with_the_interval_that_holds_it():
    for hits in np.random.default_rng(0).binomial(40, 0.3, size=(200, 6)):
        estimate = Heterogeneity().decide(rate_heterogeneity(hits, np.full(6, 40))).estimate
        assert estimate.ci_low <= estimate.value <= estimate.ci_high
