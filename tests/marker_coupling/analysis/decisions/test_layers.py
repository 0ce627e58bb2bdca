import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.correlations.permutation_test import permutation_test
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.data.replicated import exact
from marker_coupling.analysis.decisions.layers import max_statistic_p, step_down

from ..made_studies import variables


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(1, 30))
def test_step_down_is_the_closed_test_of_the_largest_statistic(seed, k, permutations):
    """An adjusted p is the largest p of the maximum among all sets of hypotheses that hold the one."""
    generator = np.random.default_rng(seed)
    observed, permuted = (
        generator.integers(0, 6, size=k).astype(float),
        generator.integers(0, 6, size=(k, permutations)),
    )
    raw, adjusted = step_down(observed, permuted.astype(float))
    for place in range(k):
        sets = [s for size in range(1, k + 1) for s in itertools.combinations(range(k), size) if place in s]
        p = [
            (np.sum(permuted[list(s)].max(axis=0) >= observed[list(s)].max()) + 1) / (permutations + 1)
            for s in sets
        ]
        assert adjusted[place] == pytest.approx(max(p))
        assert raw[place] == pytest.approx(p[0])


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_one_layer_is_the_permutation_test_and_copies_cost_nothing(seed):
    x, y, covariates, categories = variables(seed, r=0.3)
    found = partial_correlation(exact(x.values), y, covariates, categories)
    drawn = block_permutations(categories, 199, np.random.default_rng(0))
    raw, adjusted = max_statistic_p([[found]] * 3, categories, drawn)
    assert adjusted == pytest.approx(raw)
    test = permutation_test([found], categories, drawn)
    # One counts |t| in both tails, the other in the smaller one.
    assert raw[0] + 1e-9 >= min(test.p_lower, test.p_upper)


def test_an_effect_at_one_layer_is_found_and_chance_at_ten_others_is_not_called_one():
    x, y, covariates, categories = variables(3, n=160, r=0.9)
    generator = np.random.default_rng(0)
    layers = [x, *(exact(generator.normal(size=160)) for _ in range(10))]
    families = [[partial_correlation(layer, y, covariates, categories)] for layer in layers]
    raw, adjusted = max_statistic_p(families, categories, block_permutations(categories, 499, generator))
    assert adjusted[0] <= 0.004
    assert adjusted[1:].min() > 0.05
    assert (adjusted >= raw).all()
