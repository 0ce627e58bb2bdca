"""Regions of the effect axis: through text and back, those of every rule, and what agrees with its verdicts."""

from __future__ import annotations

import math

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
    RateEquivalence,
)
from pytest_claims.core.regions import (
    REGION_KINDS,
    Region,
    refuted,
    region_of_text,
    region_text,
    regions_of,
    supported,
)

ENDS = st.floats(allow_nan=False)


@given(st.sampled_from(REGION_KINDS), ENDS, ENDS)
def test_a_region_goes_through_text_with_every_bit(kind, low, high):
    if not low < high:
        with pytest.raises(ValueError, match="expected ends in order"):
            Region(kind, low, high)
        return
    region = Region(kind, low, high)
    assert region_of_text(region_text(region)) == region


@pytest.mark.parametrize(
    "text",
    ["", "supported", "supported 1 0", "supported nan 1", "decided 0 1", "refuted 0 1 2", "refuted a b"],
)
def test_other_text_is_no_region(text):
    assert region_of_text(text) is None


def test_a_rule_of_another_project_may_have_anything_there():
    assert regions_of(None) == regions_of(3) == regions_of("regions") == ()
    assert regions_of([refuted(high=1.0), "b"]) == (refuted(high=1.0),)


def whole(estimate, region):
    return region.low < estimate.ci_low and estimate.ci_high < region.high


INTERVALS = st.tuples(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99)).map(sorted)


@pytest.mark.parametrize("rule", [AtLeast(0.2), Negligible(0.4), LooselyRelated(0.5)], ids=str)
@given(INTERVALS)
def test_an_interval_wholly_in_a_region_has_its_verdict(rule, numbers):
    low, value, high = numbers
    kind = CorrelationEstimate if isinstance(rule, LooselyRelated) else Estimate
    estimate = kind("r", value, 10, ci_low=low, ci_high=high)
    for region in rule.regions:
        if whole(estimate, region):
            assert rule.decide(estimate).verdict == region.kind


@given(INTERVALS)
def test_a_correlation_is_refuted_where_its_whole_interval_is_in_that_region_and_nothing_is_significant(
    numbers,
):
    low, value, high = numbers
    rule = Correlation("negative", smallest_effect=0.3)
    estimate = CorrelationEstimate("r", value, 10, ci_low=low, ci_high=high, p_value=0.5)
    verdict = rule.decide(estimate).verdict
    assert (verdict == "refuted") == whole(estimate, rule.regions[1])


def test_bounds_of_other_rules():
    assert Correlation("positive", smallest_effect=0.2).regions[:2] == (supported(low=0.0), refuted(high=0.2))
    assert DependentCorrelations("a", "b").regions == (supported(low=0.0), refuted(high=0.0))
    assert [region.ends for region in RateEquivalence(0.5, 0.25).regions] == [(0.25, 0.75), (0.25,), (0.75,)]
    assert [region.high for region in Heterogeneity(smallest_effect=0.1).regions] == [0.1, 0.1]
    assert math.isinf(AtLeast(0.5).regions[0].high)
