"""Each rule gives each of its verdicts, says why, and refuses what it was not made for."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    AtLeast,
    BrokenMeasurementError,
    Correlation,
    CorrelationEstimate,
    DependentCorrelations,
    Description,
    Estimate,
    Heterogeneity,
    LooselyRelated,
    Negligible,
    Outlier,
    RateEquivalence,
    Rule,
    Separation,
    Verdict,
    WithinRounding,
)
from pytest_claims.statistics import (
    attainable_correlations,
    compare_dependent,
    described,
    outlier,
    pearson,
    printed_against_attainable,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
)

from ..study_table import COSINE, HITS, JS, PERSONAS, RATE, SAMPLES

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
ALL_RULES = [
    AtLeast(0.8), Correlation("negative"), DependentCorrelations("cosine", "JS"), Description("r > 0"),
    Heterogeneity(), LooselyRelated(), Outlier("librarian"), RateEquivalence(0.33), Separation(), WithinRounding(),
]  # fmt: skip


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
        (correlation(-0.66, 0.051, -0.91, 0.01), I, "needs N = 15"),
        (correlation(0.66, 0.039, 0.05, 0.91), R, "the opposite is significant"),
        (correlation(0.1, 0.5, -0.29, 0.5, n=40), R, "excludes every negative effect of 0.3 or more"),
        (correlation(-0.1, 0.5, -0.3, 0.2, n=40), I, "smallest effect of interest"),
        (correlation(0.0, 1.0, -0.63, 0.63), I, "needs N = 85"),
        (correlation(-0.2, 0.01, -0.29, -0.1, n=200), S, ""),
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


def test_dependent_correlations():
    rule = DependentCorrelations("first", "second")
    x = np.linspace(-1, 1, 20)
    weak = np.where(np.arange(20) % 2, 1.0, -1.0)
    y = x + 0.05 * weak
    assert rule.decide(compare_dependent(x, weak, y)).verdict is S
    assert rule.decide(compare_dependent(weak, x, y)).verdict is R
    assert rule.decide(compare_dependent(COSINE, JS, RATE)).verdict is I


def test_heterogeneity():
    assert Heterogeneity().decide(rate_heterogeneity(HITS, SAMPLES)).verdict is S
    assert Heterogeneity().decide(rate_heterogeneity([500, 501], [1000, 1000])).verdict is R
    assert Heterogeneity().decide(rate_heterogeneity([5, 6], [10, 10])).verdict is I


def test_separation():
    rule = Separation()
    assert rule.decide(rank_separation(COSINE, RATE, k=5, which="highest", sign="negative")).verdict is S
    assert rule.decide(rank_separation(COSINE, RATE, k=4, which="lowest", sign="negative")).verdict is R
    assert rule.decide(rank_separation(COSINE, RATE, k=3, which="highest", sign="negative")).verdict is I


def test_outlier():
    found = outlier(PERSONAS, JS, RATE)
    assert Outlier("librarian").decide(found).verdict is S
    assert Outlier("villain").decide(found).verdict is R
    assert Outlier("librarian").decide(outlier(PERSONAS, COSINE, RATE)).verdict is I
    with pytest.raises(BrokenMeasurementError, match="expected nobody among police_officer"):
        Outlier("nobody").decide(found)


def test_rate_equivalence():
    rule = RateEquivalence(1 / 3, margin=0.15)
    assert rule.decide(simultaneous_rates(("a", "b"), [33, 32], [100, 100])).verdict is S
    refuted = rule.decide(simultaneous_rates(("a", "b"), [33, 2], [100, 100]))
    assert refuted.verdict is R
    assert "b (2%)" in refuted.reason
    assert rule.decide(simultaneous_rates(("a", "b"), [3, 4], [10, 10])).verdict is I


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


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.8, 0.9, S), (0.5, 0.79, R), (0.7, 0.9, I)])
def test_at_least(low, high, verdict):
    assert (
        AtLeast(0.8).decide(Estimate("reliability", (low + high) / 2, 10, ci_low=low, ci_high=high)).verdict
        is verdict
    )


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


def test_description_infers_nothing():
    estimate = pearson(JS, RATE)
    assert Description("r > 0").decide(described(estimate, holds=True)).verdict is S
    assert Description("r < 0").decide(described(estimate, holds=False)).verdict is R
    assert "describes this sample" in str(Description("r > 0"))


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_is_a_value_with_a_printable_form(rule):
    assert isinstance(rule, Rule)
    assert rule == type(rule)(**vars(rule))
    assert "\n" not in str(rule)
    assert "supported if" in str(rule) or "describes" in str(rule)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: type(rule).__name__)
def test_an_estimate_of_another_kind_is_refused(rule):
    with pytest.raises((TypeError, BrokenMeasurementError), match=r"decides on|expected a finite"):
        rule.decide(Estimate("something else", 0.5, 3))


@pytest.mark.parametrize("field", ["value", "p_value", "ci_low"])
def test_a_number_that_is_none_is_no_verdict(field):
    numbers = {"value": 0.5, "ci_low": 0.1, "ci_high": 0.9, "p_value": 0.01} | {field: math.nan}
    with pytest.raises(BrokenMeasurementError, match=f"expected a finite {field}, got nan"):
        Correlation("positive").decide(CorrelationEstimate("r", n=10, **numbers))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Correlation("upwards"), lambda: Correlation("negative", alpha=0), lambda: Heterogeneity(alpha=1),
        lambda: Correlation("negative", smallest_effect=1.5), lambda: RateEquivalence(2), lambda: LooselyRelated(0),
    ],
)  # fmt: skip
def test_impossible_parameters_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


def test_the_printed_statistics_follow_from_the_table():
    for x, y, y_half, number, printed, half in (
        (COSINE, RATE, 0.0, "r", -0.66, 0.005), (COSINE, RATE, 0.0, "p", 0.039, 0.0005),
        (JS, RATE, 0.0, "p", 0.105, 0.0005), (COSINE, JS, 0.0005, "r", -0.50, 0.005),
    ):  # fmt: skip
        reach = attainable_correlations(x, y, 0.0005, y_half)
        inner, outer = (reach.r_inner, reach.r_outer) if number == "r" else (reach.p_inner, reach.p_outer)
        found = printed_against_attainable(number, printed, half, inner, outer, 10)
        assert WithinRounding().decide(found).verdict is S
