"""A correlation's direction or smallness, and the stronger of two: verdicts, what is shown, what changes neither."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    BrokenMeasurementError,
    Correlation,
    CorrelationEstimate,
    DependentCorrelations,
    LooselyRelated,
    Verdict,
)
from pytest_claims.statistics import (
    DependentComparison,
    compare_dependent,
    pearson,
    permutation_pearson,
    spearman,
    with_resampling,
)

from ...property_examples import examples
from ..study_table import COSINE, JS, RATE
from .shown import interval, near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)


def correlation(r, p, low, high, n=10, resampled=(None, None)):
    return CorrelationEstimate(
        "r",
        r,
        n,
        ci_low=low,
        ci_high=high,
        p_value=p,
        resampled_low=resampled[0],
        resampled_high=resampled[1],
    )


@pytest.mark.parametrize(
    ("estimate", "verdict", "words"),
    [
        (correlation(-0.66, 0.039, -0.91, -0.05), S, "p = 0.039"),
        (correlation(-0.66, 0.039, -0.91, -0.05, resampled=(-0.7, -0.5)), S, ""),
        (correlation(-0.66, 0.039, -0.91, -0.05, resampled=(-0.9, 0.1)), I, "resampling crosses zero"),
        (correlation(-0.66, 0.051, -0.91, 0.01), I, "needs N = 85"),
        (correlation(0.66, 0.039, 0.05, 0.91), R, "the opposite is significant"),
        (correlation(0.1, 0.5, -0.29, 0.5, n=40), R, "excludes every negative effect of 0.3 or more"),
        (correlation(-0.1, 0.5, -0.3, 0.2, n=40), I, "smallest effect of interest"),
        (correlation(0.0, 1.0, -0.63, 0.63), I, "needs N = 85"),
        (correlation(-0.2, 0.01, -0.29, -0.1, n=200), S, "small, |r| below 0.30: r = -0.2"),
    ],
)
def test_correlation(estimate, verdict, words):
    decision = Correlation("negative").decide(estimate)
    assert decision.verdict is verdict
    assert words in decision.reason
    # What the reason says in words is there as a number too.
    said = re.search(r"needs N = (\d+)", decision.reason)
    assert decision.needed_n == (int(said[1]) if said else None)


@given(st.floats(-0.99, 0.99), st.integers(4, 500))
def test_the_two_directions_mirror_each_other(r, n):
    x = np.linspace(-1, 1, n)
    noise = np.where(np.arange(n) % 2, 1.0, -1.0) * (1 + 0.1 * np.arange(n) / n)
    estimate = pearson(x, r * x + (1 - abs(r)) * noise)
    mirrored = pearson(-x, r * x + (1 - abs(r)) * noise)
    assert (
        Correlation("negative").decide(estimate).verdict is Correlation("positive").decide(mirrored).verdict
    )


@pytest.mark.parametrize(
    ("x", "y", "verdict"), [(COSINE, RATE, S), (JS, RATE, R), (COSINE, JS, I)]
)  # fmt: skip
def test_correlation_on_the_published_table(x, y, verdict):
    # Against the claim "negative", r = +.54 at p = .107 has an interval from -.14, which excludes -.3.
    assert Correlation("negative").decide(pearson(x, y)).verdict is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(-0.5, 0.6, S), (0.72, 0.9, R), (-0.9, -0.7, R), (0.2, 0.8, I)]
)
def test_loosely_related(low, high, verdict):
    assert LooselyRelated(0.7).decide(correlation((low + high) / 2, 0.5, low, high)).verdict is verdict


@pytest.mark.parametrize("field", ["value", "p_value", "ci_low"])
def test_a_number_that_is_none_is_no_verdict(field):
    numbers = {"value": 0.5, "ci_low": 0.1, "ci_high": 0.9, "p_value": 0.01} | {field: math.nan}
    with pytest.raises(BrokenMeasurementError, match=f"expected a finite {field}, got nan"):
        Correlation("positive").decide(CorrelationEstimate("r", n=10, **numbers))


@given(
    interval(0.0, 0.3, -0.3),
    near(0.05, low=0.0),
    st.none() | st.tuples(near(0.0), near(0.0)).map(sorted),
    st.sampled_from(["negative", "positive"]),
)
def test_correlation_follows_from_what_is_shown(numbers, p, resampled, direction):
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


@given(interval(0.7, -0.7))
def test_loosely_related_follows_from_what_is_shown(numbers):
    decision = LooselyRelated(0.7).decide(
        CorrelationEstimate("r", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2])
    )
    read = shown(decision)
    outside = read.low >= 0.7 or read.high <= -0.7
    assert decision.verdict is (S if read.low > -0.7 and read.high < 0.7 else R if outside else I)


def test_an_effect_too_small_to_plan_for():
    rule = Correlation("negative", smallest_effect=1e-6)
    decision = rule.decide(pearson([1, 2, 3, 4], [1, -1, -1, 1.01]))
    assert "needs N = over ten million" in decision.reason
    assert decision.needed_n is None


def related(seed, n=12):
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    return x, noise - np.random.default_rng(seed + 1).uniform(0, 2) * x


@PROPERTY
@given(SEEDS, st.sampled_from([pearson, spearman]), st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_correlations_are_judged_alike_in_any_units_and_order(seed, statistic, scale, shift, random):
    x, y = related(seed)
    order = random.sample(range(x.size), x.size)
    for rule in (Correlation("negative"), Correlation("positive"), LooselyRelated()):
        assert (
            rule.decide(statistic(scale * x[order] + shift, y[order])).verdict
            is rule.decide(statistic(x, y)).verdict
        )


@PROPERTY
@given(SEEDS)
def test_opposite_claims_are_never_both_supported(seed):
    estimate = pearson(*related(seed))
    verdicts = [Correlation(direction).decide(estimate).verdict for direction in ("negative", "positive")]
    assert verdicts.count(Verdict.SUPPORTED) <= 1
    if Verdict.SUPPORTED in verdicts:
        assert Verdict.REFUTED in verdicts


@PROPERTY
@given(SEEDS, st.floats(0, 1))
def test_resampling_never_turns_doubt_into_a_verdict(seed, noise):
    estimate = pearson(*related(seed))
    z = math.atanh(estimate.value) + noise * np.random.default_rng(seed).normal(size=40)
    widened = with_resampling(estimate, np.tanh(z))
    for direction in ("negative", "positive"):
        before, after = (Correlation(direction).decide(found).verdict for found in (estimate, widened))
        assert after in (before, Verdict.INCONCLUSIVE)


def test_the_headline_stands_by_permutation():
    assert Correlation("negative").decide(permutation_pearson(COSINE, RATE)).verdict is Verdict.SUPPORTED


def test_dependent_correlations():
    rule = DependentCorrelations("first", "second")
    x = np.linspace(-1, 1, 20)
    weak = np.where(np.arange(20) % 2, 1.0, -1.0)
    y = x + 0.05 * weak
    assert rule.decide(compare_dependent(x, weak, y)).verdict is S
    assert rule.decide(compare_dependent(weak, x, y)).verdict is R
    assert rule.decide(compare_dependent(COSINE, JS, RATE)).verdict is I


@given(interval(0.0), near(0.05, low=0.0))
def test_dependent_correlations_follows_from_what_is_shown(value_and_interval, p):
    value, low, high = value_and_interval
    decision = DependentCorrelations("first", "second").decide(
        DependentComparison(
            "difference",
            value,
            10,
            ci_low=low,
            ci_high=high,
            p_value=p,
            t=1.0,
            r_first=0.5,
            r_second=0.4,
            r_between=0.1,
        )
    )
    read = shown(decision)
    expected = I
    if read.p < 0.05:
        expected = S if read.value > 0 < read.low else R if read.value < 0 > read.high else I
    assert decision.verdict is expected


@PROPERTY
@given(SEEDS)
def test_which_predictor_is_named_first_turns_the_verdict(seed):
    x, noise, other = np.random.default_rng(seed).normal(size=(3, 20))
    y = noise - np.random.default_rng(seed + 1).uniform(0, 2) * x
    opposite = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED}
    rule = DependentCorrelations("first", "second")
    verdict = rule.decide(compare_dependent(x, other, y)).verdict
    assert rule.decide(compare_dependent(other, x, y)).verdict is opposite.get(verdict, verdict)
