"""A verdict follows from what is shown: from the printed value, interval and p-value, and the rule's numbers.

Each rule decides on numbers at and beside its thresholds; a reader with the printed numbers alone, who knows the
rule, must come to the same verdict.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    AtLeast,
    Correlation,
    CorrelationEstimate,
    DependentCorrelations,
    Estimate,
    Heterogeneity,
    LooselyRelated,
    Negligible,
    Outlier,
    RateEquivalence,
    Separation,
    Verdict,
    WithinRounding,
)
from pytest_claims.core.numbers import interval_text, number_text, p_text
from pytest_claims.statistics import (
    ContingencyEstimate,
    DependentComparison,
    OutlierEstimate,
    SeparationEstimate,
    printed_against_attainable,
    rate_difference,
    rate_heterogeneity,
    simultaneous_rates,
)
from pytest_claims.statistics.proportions import RatesEstimate

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
BESIDE = st.one_of(
    st.sampled_from([0.0, 1e-12, -1e-12, 1e-6, -1e-6, 4e-4, -4e-4, 0.004, -0.004]), st.floats(-0.3, 0.3)
)


def near(*thresholds, low=-1.0, high=1.0):
    """Numbers of a range at its thresholds, a little beside them, and anywhere."""
    beside = st.builds(lambda at, by: min(high, max(low, at + by)), st.sampled_from(thresholds), BESIDE)
    return st.one_of(beside, st.floats(low, high))


def interval(*thresholds, low=-1.0, high=1.0):
    """A value with its interval."""
    numbers = near(*thresholds, low=low, high=high)
    return st.tuples(numbers, numbers, numbers).map(sorted).map(lambda ends: (ends[1], ends[0], ends[2]))


@dataclass(frozen=True)
class Shown:
    """What a ledger prints, read again."""

    statistic: str
    value: float
    low: float | None
    high: float | None
    p: float | None


def shown(decision):
    estimate, thresholds = decision.estimate, decision.thresholds
    ends = interval_text(estimate.ci_low, estimate.ci_high, thresholds).strip("[]").split(", ")
    low, high = map(float, ends) if ends != [""] else (None, None)
    p = p_text(estimate.p_value, thresholds)
    printed = number_text(estimate.value, thresholds)
    for text in (printed, p, interval_text(estimate.ci_low, estimate.ci_high, thresholds)):
        assert text in decision.reason
    # Below the last p that is printed.
    p = (0.0 if p.startswith("<") else float(p)) if p else None
    return Shown(estimate.statistic, float(printed), low, high, p)


@given(interval(0.15), st.sampled_from([0.15, 1 / 3]))
def test_at_least(numbers, bound):
    decision = AtLeast(bound).decide(Estimate("rate", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2]))
    read = shown(decision)
    assert decision.verdict is (S if read.low >= bound else R if read.high < bound else I)


@given(interval(0.15, -0.15), st.sampled_from([0.15, 0.01, 1 / 3]))
def test_negligible(numbers, margin):
    decision = Negligible(margin).decide(
        Estimate("difference", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2])
    )
    read = shown(decision)
    outside = read.low > margin or read.high < -margin
    assert decision.verdict is (S if -margin < read.low and read.high < margin else R if outside else I)


@given(interval(0.7, -0.7))
def test_loosely_related(numbers):
    decision = LooselyRelated(0.7).decide(
        CorrelationEstimate("r", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2])
    )
    read = shown(decision)
    outside = read.low >= 0.7 or read.high <= -0.7
    assert decision.verdict is (S if read.low > -0.7 and read.high < 0.7 else R if outside else I)


@given(
    interval(0.0, 0.3, -0.3),
    near(0.05, low=0.0),
    st.none() | st.tuples(near(0.0), near(0.0)).map(sorted),
    st.sampled_from(["negative", "positive"]),
)
def test_correlation(numbers, p, resampled, direction):
    low, high = resampled or (None, None)
    decision = Correlation(direction).decide(
        CorrelationEstimate(
            "r",
            numbers[0],
            10,
            ci_low=numbers[1],
            ci_high=numbers[2],
            p_value=p,
            resampled_low=low,
            resampled_high=high,
        )
    )
    read, sign = shown(decision), -1 if direction == "negative" else 1
    if read.p < 0.05 and sign * read.value > 0:
        # Where the interval over resamples decides, it is the one that is shown, and is called that.
        crosses = "resampling of the measurement alone" in read.statistic
        assert not crosses or min(sign * read.low, sign * read.high) <= 0
        expected = I if crosses else S
    elif read.p < 0.05 and sign * read.value < 0:
        expected = R
    else:
        expected = R if max(sign * read.low, sign * read.high) < 0.3 else I
    assert decision.verdict is expected


@given(near(0.0), near(0.05, low=0.0))
def test_dependent_correlations(value, p):
    decision = DependentCorrelations("first", "second").decide(
        DependentComparison(
            "difference", value, 10, p_value=p, t=1.0, r_first=0.5, r_second=0.4, r_between=0.1
        )
    )
    read = shown(decision)
    expected = I if read.p >= 0.05 or read.value == 0 else S if read.value > 0 else R
    assert decision.verdict is expected


@given(near(0.025, low=0.0), interval(0.1, low=0.0), st.floats(0, 500))
def test_heterogeneity(p, numbers, chi2):
    _, low, high = numbers
    decision = Heterogeneity().decide(
        ContingencyEstimate(
            "chi-square", chi2, 1000, p_value=p, degrees_of_freedom=9, cramers_v=0.2, v_low=low, v_high=high
        )
    )
    read = shown(decision)
    assert decision.verdict is (S if read.p < 0.025 else R if read.high < 0.1 else I)


@given(near(0.025, low=0.0), st.sampled_from(["a", "b"]), st.booleans())
def test_outlier(p, label, tied):
    farthest = ("a", "b") if tied else (label,)
    found = OutlierEstimate(
        f"residual of {label}", 3.2, 9, p_value=p, detail=f"{' and '.join(farthest)} lie farthest",
        label=label, farthest=farthest, labels=("a", "b", "c"), residuals=(3.2, 1.0, -1.0),
    )  # fmt: skip
    decision = Outlier("a").decide(found)
    read = shown(decision)
    alone = "a and b" not in decision.reason
    expected = I if read.p >= 0.025 or not alone else S if read.statistic == "residual of a" else R
    assert decision.verdict is expected


RATES = st.lists(interval(0.3, 0.6, 0.45, low=0.0), min_size=1, max_size=5)


@given(RATES)
def test_rate_equivalence(rates):
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


@given(near(0.025, low=0.0), near(0.025, low=0.0), st.integers(0, 5))
def test_separation(p, opposite, found):
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


@given(near(-0.665, -0.655), st.floats(0, 0.02), st.floats(0, 0.02), st.floats(0, 0.02))
def test_within_rounding(low, width, below, above):
    inner, outer = (low, low + width), (low - below, low + width + above)
    decision = WithinRounding().decide(printed_against_attainable("r", -0.66, 0.005, inner, outer, 10))
    read = shown(decision)
    attained = [float(end) for end in decision.reason.split("attained ")[1].split(" to ")]
    printed = (-0.66 - 0.005, -0.66 + 0.005)
    meets = attained[0] <= printed[1] and printed[0] <= attained[1]
    may_meet = read.low <= printed[1] and printed[0] <= read.high
    assert decision.verdict is (S if meets else I if may_meet else R)


def test_an_interval_that_ends_just_beyond_the_margin():
    """Own rate 30 of 100, bystanders 250 of 1,000: the interval ends at 0.1503, which is no 0.15."""
    found = rate_difference(30, 100, 250, 1000)
    rule = Negligible(round(found.ci_high, 2))
    assert rule.margin == pytest.approx(found.ci_high, abs=5e-3)
    assert shown(rule.decide(found)).high != rule.margin


def test_the_rate_that_decides_is_shown_and_the_pooled_one_beside_it():
    """Pooled, the rate lies within 15 points of a third; under one prompt it does not."""
    found = simultaneous_rates(("cook", "pilot"), [100, 240], [400, 400])
    decision = RateEquivalence(1 / 3, margin=0.15).decide(found)
    assert decision.verdict is R
    assert decision.estimate.statistic.startswith("rate of pilot (")
    assert (decision.estimate.value, decision.estimate.n) == (0.6, 400)
    assert (decision.estimate.ci_low, decision.estimate.ci_high) == (found.lows[1], found.highs[1])
    assert "pooled rate of 2: 0.42 [0.39, 0.46]" in decision.reason


def test_cramers_v_is_shown_with_the_interval_that_holds_it():
    for hits in np.random.default_rng(0).binomial(40, 0.3, size=(200, 6)):
        estimate = Heterogeneity().decide(rate_heterogeneity(hits, np.full(6, 40))).estimate
        assert estimate.ci_low <= estimate.value <= estimate.ci_high
