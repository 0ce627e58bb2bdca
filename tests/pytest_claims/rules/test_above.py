"""A number above a reference: each verdict, what is shown of it, and how often it errs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_claims import Above, BrokenMeasurementError, Estimate, Verdict

from .shown import interval, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.1, 1.9, S),
        (1.01, 1.1, S),  # small, and above the reference
        (0.5, 0.9, R),
        (0.9, 1.2, R),
        (0.9, 1.3, I),
        (0.5, 2.0, I),
        (1.0, 1.3, I),
    ],
)
def test_above(low, high, verdict):
    estimate = Estimate("odds ratio", (low + high) / 2, 10, ci_low=low, ci_high=high)
    decision = Above(1.0, 1.25).decide(estimate)
    assert decision.verdict is verdict
    says_small = decision.reason.startswith(
        "small, below 1.25, the smallest value of interest: odds ratio = "
    )
    assert says_small is (verdict is S and high < 1.25)


@pytest.mark.parametrize(
    ("low", "p", "verdict"), [(0.02, 0.01, S), (0.02, 0.06, I), (-0.02, 0.01, I), (0.02, 0.05, I)]
)
def test_where_a_level_is_given_the_test_has_to_agree_with_the_interval(low, p, verdict):
    rule = Above(0.0, 0.1, alpha=0.05)
    estimate = Estimate("r", 0.1, 10, ci_low=low, ci_high=0.2, p_value=p)
    assert rule.decide(estimate).verdict is verdict
    assert str(rule).startswith("supported if the 95% interval lies above 0 and p < 0.05; refuted if")
    with pytest.raises(BrokenMeasurementError, match="expected a finite p_value, got None"):
        rule.decide(Estimate("r", 0.1, 10, ci_low=low, ci_high=0.2))


@given(interval(0.15, 0.3), st.sampled_from([(0.15, 0.3), (0.0, 1 / 3)]))
def test_above_follows_from_what_is_shown(numbers, bounds):
    rule = Above(*bounds)
    decision = rule.decide(Estimate("share", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2]))
    read = shown(decision)
    expected = S if read.low > rule.reference else R if read.high < rule.smallest else I
    assert decision.verdict is expected


@pytest.mark.parametrize(("true", "wrong"), [(0.0, S), (0.3, R)])
def test_it_errs_in_one_of_forty_studies(true, wrong):
    generator, verdicts = np.random.default_rng(0), []
    for _ in range(2000):
        sample = generator.normal(true, 1, 50)
        half = stats.t.ppf(0.975, 49) * stats.sem(sample)
        mean = sample.mean()
        estimate = Estimate("mean", mean, 50, ci_low=mean - half, ci_high=mean + half)
        verdicts.append(Above(0.0, 0.3).decide(estimate).verdict)
    assert np.mean([verdict is wrong for verdict in verdicts]) <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 2000)


@pytest.mark.parametrize(("reference", "smallest"), [(1, 1), (2, 1), (0, np.inf), (np.nan, 1), (0, np.nan)])
def test_the_smallest_value_of_interest_is_above_the_reference(reference, smallest):
    with pytest.raises(ValueError, match="smallest: expected a number above the reference"):
        Above(reference, smallest)


def test_the_printed_form_says_what_decides():
    assert str(Above(1.0, 1.25)) == (
        "supported if the 95% interval lies above 1; refuted if it lies below 1.25, the smallest value of interest"
    )
