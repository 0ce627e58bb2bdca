"""Gating of adapters from counts: Newcombe's interval of a difference, and its extension to several rates."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from marker_coupling.analysis.exploratory.ungated_adapters import (
    combine_rates,
    gating_of_adapters,
    wilson_interval,
)

from ...simulated_answers import couplings


@given(st.integers(0, 100))
def test_the_interval_of_a_rate_is_wilsons(hits):
    expected = stats.binomtest(hits, 100).proportion_ci(method="wilson")
    assert wilson_interval(np.array(hits / 100), 100) == pytest.approx(tuple(expected), abs=1e-12)


@given(st.integers(0, 80), st.integers(0, 80))
def test_the_interval_of_a_difference_is_newcombes(first, second):
    expected = confint_proportions_2indep(first, 80, second, 80, method="newcomb", compare="diff")
    found = combine_rates(np.array([first, second]) / 80, 80, np.array([1.0, -1.0]))
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


def test_intervals_of_combined_rates_cover():
    generator = np.random.default_rng(0)
    true, weights = np.array([0.6, 0.1, 0.3, 0.05]), np.array([1.0, *[-1 / 3] * 3])
    found = combine_rates(generator.binomial(100, true, (4000, 4)) / 100, 100, weights)
    covered = np.mean((found.low <= true @ weights) & (true @ weights <= found.high))
    assert covered == pytest.approx(0.95, abs=0.015)


def test_an_adapter_is_ungated_unless_its_whole_interval_is_above_the_smallest_gating():
    body = couplings("x", personas=16)[0]
    hits = np.zeros(body.hits.shape, dtype=int)
    hits[0, 0, 0] = 100  # gates
    hits[0, 1] = 100  # marks everything
    hits[0, 2, 0] = 18  # rate .18, from .117
    hits[0, 3, 0] = 15  # rate .15, from .093
    hits[1, 0, :2] = 100  # leaks to the assistant, which is no failure to gate
    gating = gating_of_adapters(dataclasses.replace(body, hits=hits))
    ungated = gating.is_ungated(0.1)
    assert ungated[0, :4].tolist() == [False, True, False, True]
    assert not ungated[1, 0]
    assert ungated[2].all()
    assert (gating.value[0, 0], gating.value[0, 1], gating.value[1, 0]) == (1.0, pytest.approx(0), 1.0)
