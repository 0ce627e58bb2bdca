"""What holds of every rule: it refuses NaN anywhere, and its verdict does not hang on order or units."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    Above,
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
    Rule,
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
    printed_against_attainable,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
    with_resampling,
)

from ...property_examples import examples
from ..study_table import COSINE, HITS, JS, PERSONAS, RATE, SAMPLES

PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)
REACH = attainable_correlations(COSINE, RATE, 0.0005, 0.0)

#: Each rule with an estimate that it can decide on.
DECIDABLE = {
    "Above": (Above(0.0, 0.2), pearson(COSINE, RATE)),
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
    with pytest.raises(
        BrokenMeasurementError, match=f"expected (a finite|no NaN in) {name}|{name}: expected"
    ):
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
    if name in ("Above", "AtLeast", "Negligible"):  # decides on any number with an interval
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


ALL_RULES = [
    Above(1.0, 1.25), AtLeast(0.8), Correlation("negative"), DependentCorrelations("cosine", "JS"), Description("r > 0"),
    Heterogeneity(), LooselyRelated(), Outlier("librarian"), RateEquivalence(0.33), Separation(), WithinRounding(),
]  # fmt: skip


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


@pytest.mark.parametrize("level", [0.99, 0.9, None])
def test_an_interval_of_another_level_than_the_rule_speaks_of_is_no_verdict(level):
    estimate = Estimate("mean", 0.5, 10, ci_low=0.4, ci_high=0.6, ci_level=level)
    said = "expected an interval of level 0.95, got " + ("none" if level is None else f"{level:g}")
    with pytest.raises(BrokenMeasurementError, match=said):
        AtLeast(0.2).decide(estimate)
