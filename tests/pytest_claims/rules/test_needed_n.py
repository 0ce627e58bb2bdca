"""The N that a rule names is planned from the smallest effect of interest, whatever was observed."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_claims.rules
from pytest_claims import Correlation, CorrelationEstimate
from pytest_claims.core.numbers import number_text
from pytest_claims.statistics import n_for_power
from pytest_claims.statistics.power import power_of_correlation

RULES = [rule for rule in vars(pytest_claims.rules).values() if dataclasses.is_dataclass(rule)]
PLANNING = {Correlation}


@given(
    st.floats(-0.999, 0.999),
    st.floats(0.05, 1),
    st.integers(4, 10_000),
    st.sampled_from(["negative", "positive"]),
    st.floats(0.05, 0.9),
    st.sampled_from([0.01, 0.05, 0.1]),
)
def test_it_does_not_depend_on_the_estimate(r, p, n, direction, smallest, alpha):
    estimate = CorrelationEstimate("r", r, n, ci_low=-1.0, ci_high=1.0, p_value=max(p, alpha))
    decision = Correlation(direction, alpha=alpha, smallest_effect=smallest).decide(estimate)
    assert decision.needed_n == n_for_power(smallest, 0.8, alpha)
    assert f"the smallest effect of interest (|r| = {number_text(smallest)})" in decision.reason
    assert re.search(r"needs N = (\d+)", decision.reason)[1] == str(decision.needed_n)


@pytest.mark.parametrize(
    ("smallest", "alpha", "needed"),
    # R: ceiling(pwr::pwr.r.test(r = ., power = .8, sig.level = .)$n)
    [(0.1, 0.05, 782), (0.3, 0.05, 85), (0.5, 0.05, 29), (0.3, 0.01, 125)],
)
def test_it_is_the_n_of_a_power_analysis(smallest, alpha, needed):
    perfect = CorrelationEstimate("r", 1.0, 4, ci_low=0.2, ci_high=1.0, p_value=max(0.083, alpha))
    rule = Correlation("positive", alpha=alpha, smallest_effect=smallest)
    assert rule.decide(perfect).needed_n == needed
    assert (
        power_of_correlation(smallest, needed, alpha)
        >= 0.8
        > power_of_correlation(smallest, needed - 1, alpha)
    )


def test_no_other_rule_names_one():
    """A rule that begins to plan has to be added here, and to the property above."""
    planning = {rule for rule in RULES if "needed_n" in inspect.getsource(rule)}
    assert planning == PLANNING
