import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.correlations.permutation_test import permutation_test, permuted_statistics
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.replicated import exact

from ..made_studies import variables

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.lists(st.integers(1, 4), min_size=2, max_size=6))
def test_categories_move_as_a_whole(seed, sizes):
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    categories = categories_of(list(labels), labels.size)
    for row in block_permutations(categories, 20, generator):
        assert sorted(row) == list(range(labels.size))
        for label in set(labels):
            assert len({labels[place] for place in row[labels == label]}) == 1


def test_every_block_permutation_is_as_likely():
    categories = categories_of(["a", "b", "a", "b", "c"], 5)
    rows = [tuple(row) for row in block_permutations(categories, 16_000, np.random.default_rng(0))]
    counts = {row: rows.count(row) for row in set(rows)}
    assert len(counts) == 2 * 2 * 2  # two pairs exchanged or not, each turned or not
    assert max(counts.values()) - min(counts.values()) < 6 * np.sqrt(2000)


@settings(max_examples=6)
@given(SEEDS)
def test_all_permutations_give_the_exact_p_of_a_correlation(seed):
    """Without covariates and categories the plain statistic is Pearson's r under all pairings."""
    x, y = np.random.default_rng(seed).normal(size=(2, 6))
    categories = categories_of(None, 6)
    found = partial_correlation(exact(x), exact(y), [], categories)
    orders = np.array(list(itertools.permutations(range(6))))
    test = permutation_test([found], categories, orders)
    r = np.array([np.corrcoef(x, y[order])[0, 1] for order in orders])
    observed = np.corrcoef(x, y)[0, 1]
    assert test.plain_lower == pytest.approx((np.sum(r <= observed + 1e-9) + 1) / 721)
    assert test.plain_upper == pytest.approx((np.sum(r >= observed - 1e-9) + 1) / 721)


@settings(max_examples=8)
@given(SEEDS)
def test_permuted_statistics_are_those_of_data_with_permuted_residuals(seed):
    """Freedman and Lane by hand: fitted values and permuted residuals, fitted anew."""
    x, y, covariates, _ = variables(seed, n=20)
    categories = categories_of(None, 20)
    plain = [exact(variable.values) for variable in (x, y, *covariates)]
    found = partial_correlation(plain[0], plain[1], plain[2:], categories)
    design = np.column_stack([np.ones(20), *(c.values for c in plain[2:])])
    fitted = design @ np.linalg.lstsq(design, plain[1].values, rcond=None)[0]
    order = np.random.default_rng(seed).permutation(20)
    again = partial_correlation(
        plain[0], exact(fitted + (plain[1].values - fitted)[order]), plain[2:], categories
    )
    z, _ = permuted_statistics([found], categories, order[None])
    assert z[0] == pytest.approx(np.arctanh(again.r), abs=1e-9)


def test_the_error_of_permuted_outcomes_is_close_to_the_jackknifes():
    x, y, covariates, categories = variables(3, n=200, r=0.3)
    found = partial_correlation(
        exact(x.values), exact(y.values), [exact(c.values) for c in covariates], categories
    )
    _, t = permuted_statistics([found], categories, np.arange(200)[None])
    assert t[0] == pytest.approx(joint_correlation([found]).t, rel=0.05)


@settings(max_examples=8)
@given(SEEDS)
def test_sides_change_with_the_sign_and_the_same_seed_gives_the_same(seed):
    x, y, covariates, categories = variables(seed, r=0.2)
    permutations = block_permutations(categories, 99, np.random.default_rng(seed))
    found = partial_correlation(x, y, covariates, categories)
    turned = partial_correlation(exact(-x.values), y, covariates, categories)
    as_it_is = partial_correlation(exact(x.values), y, covariates, categories)
    first, second = (permutation_test([one], categories, permutations) for one in (as_it_is, turned))
    assert (first.p_lower, first.plain_lower) == (second.p_upper, second.plain_upper)
    again = block_permutations(categories, 99, np.random.default_rng(seed))
    assert permutation_test([found], categories, again) == permutation_test([found], categories, permutations)


def test_an_effect_in_two_base_models_is_found_in_its_direction():
    found = [
        partial_correlation(*variables(seed, n=60, r=0.8)[:3], variables(seed, n=60)[3]) for seed in (1, 2)
    ]
    categories = variables(1, n=60)[3]
    test = permutation_test(found, categories, block_permutations(categories, 499, np.random.default_rng(0)))
    assert test.p_upper == pytest.approx(1 / 500)
    assert test.p_lower > 0.9
