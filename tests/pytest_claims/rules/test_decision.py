"""What holds of every rule: it refuses NaN anywhere, and its verdict does not hang on order or units."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    AtLeast,
    BrokenMeasurementError,
    Correlation,
    DependentCorrelations,
    Description,
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
from pytest_claims.rules.decision import check_level
from pytest_claims.statistics import (
    attainable_correlations,
    compare_dependent,
    described,
    outlier,
    pearson,
    permutation_pearson,
    printed_against_attainable,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
    spearman,
    with_resampling,
)

from ...property_examples import examples
from ..study_table import COSINE, HITS, JS, PERSONAS, RATE, SAMPLES

PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)
REACH = attainable_correlations(COSINE, RATE, 0.0005, 0.0)

#: Each rule with an estimate that it can decide on.
DECIDABLE = {
    "AtLeast": (AtLeast(0.2), pearson(COSINE, RATE)),
    "Negligible": (Negligible(0.2), pearson(COSINE, RATE)),
    "Correlation": (
        Correlation("negative"),
        with_resampling(pearson(COSINE, RATE), [-0.7, -0.6, -0.5]),
    ),
    "DependentCorrelations": (DependentCorrelations("cosine", "JS"), compare_dependent(COSINE, JS, RATE)),
    "Description": (Description("r < 0"), described(pearson(COSINE, RATE), holds=True)),
    "Heterogeneity": (Heterogeneity(), rate_heterogeneity(HITS, SAMPLES)),
    "LooselyRelated": (LooselyRelated(), pearson(COSINE, JS)),
    "Outlier": (Outlier("librarian"), outlier(PERSONAS, JS, RATE)),
    "RateEquivalence": (RateEquivalence(1 / 3), simultaneous_rates(PERSONAS, HITS, SAMPLES)),
    "Separation": (Separation(), rank_separation(COSINE, RATE, k=5, which="highest", sign="negative")),
    "WithinRounding": (
        WithinRounding(),
        printed_against_attainable("r", -0.66, 0.005, REACH.r_inner, REACH.r_outer, 10),
    ),
}


def numbers_of(estimate):
    """Fields that hold a number, or several; each with what to put there to break it."""
    for field in dataclasses.fields(estimate):
        value = getattr(estimate, field.name)
        if isinstance(value, float):
            yield field.name, math.nan
        elif isinstance(value, tuple) and value and isinstance(value[0], float):
            yield field.name, (*value[:-1], math.nan)


BROKEN = [
    pytest.param(rule, estimate, name, broken, id=f"{rule_name}-{name}")
    for rule_name, (rule, estimate) in DECIDABLE.items()
    for name, broken in numbers_of(estimate)
]


def test_every_number_of_every_estimate_is_tried():
    tried = {parameters.id for parameters in BROKEN}
    assert {"Correlation-resampled_low", "RateEquivalence-highs", "WithinRounding-inner"} <= tried


@pytest.mark.parametrize(("rule", "estimate", "name", "broken"), BROKEN)
def test_nan_anywhere_is_no_verdict(rule, estimate, name, broken):
    """NaN compares false with everything, so unchecked it would fall through to some verdict."""
    with pytest.raises(BrokenMeasurementError, match=f"expected (a finite|no NaN in) {name}"):
        rule.decide(dataclasses.replace(estimate, **{name: broken}))


@pytest.mark.parametrize(("rule", "estimate"), DECIDABLE.values(), ids=DECIDABLE)
def test_a_decision_carries_its_estimate_and_a_reason(rule, estimate):
    decision = rule.decide(estimate)
    if not isinstance(
        rule, Heterogeneity | RateEquivalence
    ):  # these show the number among several that decides
        assert decision.estimate is estimate
    assert decision.verdict in Verdict
    assert decision.reason
    assert decision == rule.decide(estimate)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, (rule, _) in DECIDABLE.items()])
def test_the_wrong_kind_of_estimate_is_named(name, rule):
    if name in ("AtLeast", "Negligible"):  # decides on any number with an interval
        with pytest.raises(BrokenMeasurementError, match="expected a finite ci_low, got None"):
            rule.decide(Estimate("mean", 0.5, 10))
        return
    with pytest.raises(TypeError, match=f"{name} decides on .*, got Estimate"):
        rule.decide(Estimate("mean", 0.5, 10, ci_low=0.1, ci_high=0.9, p_value=0.04))


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.1, math.nan, math.inf])
def test_a_level_lies_strictly_between_its_bounds(value):
    with pytest.raises(ValueError, match="alpha: expected a number between 0 and 1"):
        check_level("alpha", value)


def test_the_printed_form_says_what_decides():
    assert str(Correlation("negative")) == (
        "supported if r < 0 and p < 0.05; refuted if the 95% interval excludes r <= -0.3, or r > 0 and p < 0.05"
    )
    assert str(Correlation("positive", alpha=0.01, smallest_effect=0.2)) == (
        "supported if r > 0 and p < 0.01; refuted if the 95% interval excludes r >= 0.2, or r < 0 and p < 0.01"
    )
    assert "p <= 0.025" in str(Separation())
    assert "0.333 +/- 0.1" in str(RateEquivalence(1 / 3))


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


@PROPERTY
@given(SEEDS)
def test_which_predictor_is_named_first_turns_the_verdict(seed):
    x, y = related(seed, 20)
    other = np.random.default_rng(seed + 2).normal(size=20)
    opposite = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED}
    rule = DependentCorrelations("first", "second")
    verdict = rule.decide(compare_dependent(x, other, y)).verdict
    assert rule.decide(compare_dependent(other, x, y)).verdict is opposite.get(verdict, verdict)


@PROPERTY
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=8).filter(lambda hits: 0 < sum(hits) < 50 * len(hits))
)
def test_rates_are_judged_alike_by_hits_and_by_misses(hits):
    hits, samples = np.array(hits), np.full(len(hits), 50)
    labels = tuple(f"unit {index}" for index in range(len(hits)))
    assert (
        Heterogeneity().decide(rate_heterogeneity(hits, samples)).verdict
        is Heterogeneity().decide(rate_heterogeneity(samples - hits, samples)).verdict
    )
    assert (
        RateEquivalence(0.3, margin=0.2).decide(simultaneous_rates(labels, hits, samples)).verdict
        is RateEquivalence(0.7, margin=0.2)
        .decide(simultaneous_rates(labels, samples - hits, samples))
        .verdict
    )


@PROPERTY
@given(SEEDS)
def test_at_most_one_unit_is_the_outlier(seed):
    x, y = np.random.default_rng(seed).standard_t(2, size=(2, 8))
    found = outlier("abcdefgh", x, y)
    verdicts = [Outlier(label).decide(found).verdict for label in "abcdefgh"]
    assert verdicts.count(Verdict.SUPPORTED) in (0, 1)
    assert verdicts.count(Verdict.REFUTED) == 7 * verdicts.count(Verdict.SUPPORTED)


def test_ties_at_the_edge_of_a_group_refute_nothing():
    """Ten units tie for the four places left; which of them are counted is chance, not evidence."""
    score = np.array([-1.0] + [-1] * 5 + [1] * 5 + [1] * 3)
    rate = np.array([9.0] + [5] * 10 + [0] * 3)
    found = rank_separation(score, rate, k=5, which="highest", sign="negative")
    assert found.value == pytest.approx(1 / 5)
    assert Separation().decide(found).verdict is Verdict.INCONCLUSIVE


def test_the_headline_stands_by_permutation():
    assert Correlation("negative").decide(permutation_pearson(COSINE, RATE)).verdict is Verdict.SUPPORTED
