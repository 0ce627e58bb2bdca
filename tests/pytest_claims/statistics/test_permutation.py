import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics import (
    pearson,
    permutation_histogram,
    permutation_pearson,
    permutation_spearman,
    spearman,
)

from ...property_examples import examples
from ..study_table import COSINE, RATE

PROPERTY = examples(15)
SEEDS = st.integers(0, 100_000)
DIGITS = st.integers(4, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
).filter(lambda pair: all(len(set(column)) > 1 for column in pair))  # fmt: skip


def share_as_extreme(x, y):
    """Count every order of y in turn, in whole numbers, so that ties are ties."""
    n = len(x)
    covariances = [
        abs(n * sum(a * b for a, b in zip(x, order, strict=True)) - sum(x) * sum(y))
        for order in itertools.permutations(y)
    ]
    observed = abs(n * sum(a * b for a, b in zip(x, y, strict=True)) - sum(x) * sum(y))
    return sum(value >= observed for value in covariances) / len(covariances)


@PROPERTY
@given(DIGITS, st.sampled_from([1.0, 0.1, 1 / 3]))
def test_every_pairing_is_counted_and_ties_are_ties(pair, unit):
    x, y = pair
    found = permutation_pearson(np.array(x) * unit, np.array(y) * unit)
    assert found.p_value == pytest.approx(share_as_extreme(x, y), abs=1e-12)


@PROPERTY
@given(SEEDS, st.integers(4, 6))
def test_pearson_agrees_with_scipy(seed, n):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    expected = scipy.stats.permutation_test(
        (x,), lambda a: abs(np.corrcoef(a, y)[0, 1]), permutation_type="pairings",
        n_resamples=np.inf, vectorized=False, alternative="greater",
    )  # fmt: skip
    assert permutation_pearson(x, y).p_value == pytest.approx(expected.pvalue)


def test_the_published_headline():
    found = permutation_pearson(COSINE, RATE)
    assert (found.value, found.ci_low, found.ci_high) == (
        (parametric := pearson(COSINE, RATE)).value,
        parametric.ci_low,
        parametric.ci_high,
    )
    assert found.p_value == pytest.approx(0.039, abs=0.005)
    assert "3,628,800" in found.statistic
    # The rates hold 32 three times, so each pairing occurs 3! times among the 10!.
    assert found.p_value * math.factorial(10) % 6 == pytest.approx(0, abs=1e-6)
    # Random pairings, drawn independently, agree within their error.
    rng = np.random.default_rng(1)
    orders = rng.permuted(np.tile(RATE, (100_000, 1)), axis=1)
    centred = COSINE - COSINE.mean()
    covariances = np.abs(orders @ centred)
    drawn = np.mean(covariances >= abs(RATE @ centred) - 1e-12)
    assert found.p_value == pytest.approx(drawn, abs=4 * math.sqrt(0.043 / 100_000))


@PROPERTY
@given(SEEDS, st.integers(4, 7), st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_scale_shift_order_and_side_do_not_matter(seed, n, scale, shift, random):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    order = random.sample(range(n), n)
    p = permutation_pearson(x, y).p_value
    assert permutation_pearson(scale * x[order] + shift, -y[order]).p_value == pytest.approx(p)
    assert permutation_pearson(y, x).p_value == pytest.approx(p)
    assert 1 / math.factorial(n) <= p <= 1


def test_no_correlation_at_all_is_never_extreme():
    """The observed sum is 0 up to rounding, and so are the sums that tie with it."""
    x, y = np.array([0.1, 0.1, 0.3, 0.3, 0.2]), np.array([0.1, 0.3, 0.1, 0.3, 0.7])
    assert pearson(x, y).value == pytest.approx(0, abs=1e-12)
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]):
        assert permutation_pearson(x[order], y[order]).p_value == 1


def test_many_units_are_paired_at_random_and_repeatably():
    x, y = np.random.default_rng(3).normal(size=(2, 14))
    found = permutation_pearson(x, y, resamples=20_000, seed=5)
    assert found == permutation_pearson(x, y, resamples=20_000, seed=5)
    assert found != permutation_pearson(x, y, resamples=20_000, seed=6)
    assert found.p_value == pytest.approx(scipy.stats.pearsonr(x, y).pvalue, abs=0.02)
    assert "20,000 random" in found.statistic


def test_random_pairings_never_give_a_p_value_of_nought():
    x = np.arange(14.0)
    assert permutation_pearson(x, x, resamples=999).p_value == pytest.approx(1 / 1000)


@PROPERTY
@given(DIGITS)
def test_spearman_counts_pairings_of_ranks(pair):
    ranks = [[int(2 * rank) for rank in scipy.stats.rankdata(column)] for column in pair]
    found = permutation_spearman(*pair)
    assert found.p_value == pytest.approx(share_as_extreme(*ranks), abs=1e-12)
    assert (found.value, found.ci_low) == (spearman(*pair).value, spearman(*pair).ci_low)


def test_spearman_is_exact_where_students_t_is_not():
    """Zar (1972): at n = 10, two-sided 5%, rho must reach 0.648. Student's t already accepts 0.636."""
    ranks, rng = np.arange(10), np.random.default_rng(0)
    found = {}
    while not {105, 107} <= found.keys():  # untied, rho moves in steps of 2/165: 0.636, 0.648
        order = np.argsort(ranks + rng.normal(scale=3, size=10))
        found[round(spearman(ranks, order).value * 165)] = order
    assert (
        permutation_spearman(ranks, found[107]).p_value
        < 0.05
        < permutation_spearman(ranks, found[105]).p_value
    )
    assert spearman(ranks, found[105]).p_value < 0.05


def test_the_null_distribution_is_whole_and_centred():
    for resamples, columns in ((0, (COSINE, RATE)), (5000, np.random.default_rng(0).normal(size=(2, 12)))):
        shares, edges = permutation_histogram(*columns, resamples=resamples)
        assert edges.size == shares.size + 1 <= 200
        assert shares.sum() == pytest.approx(1)
        assert shares @ (edges[:-1] + edges[1:]) / 2 == pytest.approx(0, abs=0.02)
    # Under permutation r has mean 0 and variance 1 / (n - 1), whatever the columns.
    shares, edges = permutation_histogram(COSINE, RATE)
    assert shares @ ((edges[:-1] + edges[1:]) / 2) ** 2 == pytest.approx(1 / 9, abs=1e-3)
