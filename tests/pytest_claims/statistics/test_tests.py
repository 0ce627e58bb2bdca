"""Permutation, Mantel, dependent correlations, contingency, separation, residuals, influence, power."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import (
    compare_dependent,
    critical_residual,
    leave_one_out,
    mantel,
    n_for_power,
    off_diagonal,
    outlier,
    pearson,
    permutation_histogram,
    permutation_pearson,
    power_of_correlation,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
    studentised_residuals,
    wilson,
)

from ...property_examples import examples
from ..study_table import COSINE, HITS, JS, PERSONAS, RATE, SAMPLES

SEEDS = st.integers(0, 10_000)


def sample(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@examples(10)
@given(SEEDS, st.integers(4, 6))
def test_exact_permutation_agrees_with_scipy(seed, n):
    x, y = sample(seed, 2, n)
    y = np.round(y, 1)  # ties
    y[0] += 5  # not constant
    expected = scipy.stats.permutation_test(
        (x,), lambda a: scipy.stats.pearsonr(a, y).statistic, permutation_type="pairings",
        n_resamples=np.inf, vectorized=False,
    )  # fmt: skip
    r = scipy.stats.pearsonr(x, y).statistic
    share = np.mean(np.abs(expected.null_distribution) >= abs(r) - 1e-9)
    assert permutation_pearson(x, y).p_value == pytest.approx(share)


def test_the_published_headline_by_permutation():
    found = permutation_pearson(COSINE, RATE)
    assert found.value == pearson(COSINE, RATE).value
    assert found.p_value * math.factorial(10) == pytest.approx(round(found.p_value * math.factorial(10)))
    # A random sample of pairings, drawn by scipy, must agree within its own error.
    drawn = scipy.stats.permutation_test(
        (COSINE,), lambda a, axis=-1: np.abs(np.corrcoef(a, RATE)[0, 1]) if a.ndim == 1 else
        np.abs([np.corrcoef(row, RATE)[0, 1] for row in a]), permutation_type="pairings",
        n_resamples=4000, alternative="greater", random_state=1,
    )  # fmt: skip
    assert found.p_value == pytest.approx(drawn.pvalue, abs=4 * math.sqrt(0.04 * 0.96 / 4000))


def test_many_units_are_permuted_at_random_and_repeatably():
    x, y = sample(3, 2, 14)
    found = permutation_pearson(x, y, resamples=20_000, seed=5)
    assert found.p_value == permutation_pearson(x, y, resamples=20_000, seed=5).p_value
    assert found.p_value == pytest.approx(scipy.stats.pearsonr(x, y).pvalue, abs=0.02)


def test_the_null_distribution_is_whole_and_centred():
    shares, edges = permutation_histogram(COSINE, RATE)
    assert shares.sum() == pytest.approx(1)
    assert shares @ (edges[:-1] + edges[1:]) / 2 == pytest.approx(0, abs=0.01)


@examples(15)
@given(SEEDS, st.integers(4, 5))
def test_mantel_agrees_with_counting_every_relabelling(seed, n):
    a, b = sample(seed, 2, n, n)
    r = np.corrcoef(off_diagonal(a), off_diagonal(b))[0, 1]
    null = [
        np.corrcoef(off_diagonal(a), off_diagonal(b[np.ix_(order, order)]))[0, 1]
        for order in itertools.permutations(range(n))
    ]
    found = mantel(a, b)
    assert found.value == pytest.approx(r)
    assert found.p_value == pytest.approx(np.mean(np.abs(null) >= abs(r) - 1e-9))
    assert found.n == n


@examples(15)
@given(SEEDS, st.floats(0.1, 10), st.randoms())
def test_mantel_does_not_see_scale_labels_or_diagonals(seed, scale, random):
    a, b = sample(seed, 2, 6, 6)
    order = random.sample(range(6), 6)
    found = mantel(a, b)
    changed = mantel(
        (scale * a + np.diag(sample(seed + 1, 6)))[np.ix_(order, order)], b[np.ix_(order, order)]
    )
    assert changed.value == pytest.approx(found.value)
    assert changed.p_value == pytest.approx(found.p_value)
    assert (changed.ci_low, changed.ci_high) == pytest.approx((found.ci_low, found.ci_high))


def test_mantel_refuses_what_is_no_pair_of_matrices():
    with pytest.raises(BrokenMeasurementError, match="two square matrices of one size"):
        mantel(np.eye(5), np.eye(6))
    with pytest.raises(BrokenMeasurementError, match="constant"):
        mantel(np.eye(5), sample(1, 5, 5))


def test_williams_on_the_published_table():
    found = compare_dependent(COSINE, JS, RATE)
    assert (found.t, found.p_value, found.degrees_of_freedom) == pytest.approx((0.43, 0.68, 7), abs=5e-3)
    assert found.ci_low < 0 < found.ci_high


def test_williams_and_zou_on_published_examples():
    # Zou (2007), example 2: r12 = .396, r13 = .179, r23 = .088, N = 66 gives (-.093, .517).
    rng = np.random.default_rng(0)
    correlations = np.array([[1, 0.396, 0.179], [0.396, 1, 0.088], [0.179, 0.088, 1]])
    white = rng.normal(size=(66, 3))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(white.T @ white)).T
    shared, first, second = (white @ np.linalg.cholesky(correlations).T).T
    found = compare_dependent(first, second, shared)
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.093, 0.517), abs=5e-4)


@given(SEEDS, st.integers(5, 30))
def test_comparing_the_other_way_round_turns_the_sign(seed, n):
    x, y, z = sample(seed, 3, n)
    found, turned = compare_dependent(x, y, z), compare_dependent(y, x, z)
    flipped = compare_dependent(-x, y, z)
    assert turned.value == pytest.approx(-found.value)
    assert turned.p_value == pytest.approx(found.p_value)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-found.ci_high, -found.ci_low))
    assert flipped.value == pytest.approx(found.value)
    assert flipped.t == pytest.approx(found.t)


def test_one_predictor_twice_is_refused():
    with pytest.raises(BrokenMeasurementError, match="two predictors"):
        compare_dependent(COSINE, 3 - 2 * COSINE, RATE)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(counts):
    hits, samples = counts
    low, high = wilson(hits, samples)
    expected = scipy.stats.binomtest(hits, samples).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= hits / samples <= high <= 1


def test_simultaneous_intervals_are_wider_and_the_pooled_rate_is_pooled():
    found = simultaneous_rates(PERSONAS, HITS, SAMPLES)
    low, high = wilson(HITS, SAMPLES, 0.995)
    assert found.lows == pytest.approx(low)
    assert found.highs == pytest.approx(high)
    assert found.value == pytest.approx(0.459)
    assert found.n == 1000


def test_the_published_rates_differ():
    found = rate_heterogeneity(HITS, SAMPLES)
    expected = scipy.stats.chi2_contingency([HITS, SAMPLES - HITS], correction=False)
    assert found.value == pytest.approx(68.1, abs=0.05)
    assert (found.value, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    v = scipy.stats.contingency.association([HITS, SAMPLES - HITS], method="cramer")
    assert found.cramers_v == pytest.approx(v)
    for limit, probability in ((found.v_low, 0.975), (found.v_high, 0.025)):
        assert scipy.stats.ncx2.cdf(found.value, 9, limit**2 * 1000) == pytest.approx(probability, abs=1e-6)


@given(st.lists(st.integers(1, 49), min_size=2, max_size=8), st.randoms())
def test_heterogeneity_does_not_see_order_or_which_outcome_is_a_hit(hits, random):
    samples = np.full(len(hits), 50)
    found = rate_heterogeneity(hits, samples)
    order = random.sample(range(len(hits)), len(hits))
    assert rate_heterogeneity(np.array(hits)[order], samples).value == pytest.approx(found.value)
    assert rate_heterogeneity(samples - hits, samples).value == pytest.approx(found.value)
    # V itself is biased upwards, so the interval need not hold it where rates differ less than by chance.
    assert 0 <= found.v_low <= found.v_high <= 1
    assert found.v_low <= found.cramers_v + 1e-9


@pytest.mark.parametrize(
    ("hits", "samples"),
    [
        ([1], [2]),
        ([0, 0], [5, 5]),
        ([5, 5], [5, 5]),
        ([3, 2], [2, 2]),
        ([1.5, 1], [2, 2]),
        ([1, -1], [2, 2]),
        ([1, 1], [0, 2]),
    ],
)
def test_counts_that_cannot_differ_are_refused(hits, samples):
    with pytest.raises(BrokenMeasurementError):
        rate_heterogeneity(hits, samples)


@pytest.mark.parametrize(
    ("k", "which", "sign", "p"), [(5, "highest", "negative", 6 / 252), (4, "lowest", "positive", 1 / 210)]
)
def test_the_published_separations(k, which, sign, p):
    found = rank_separation(COSINE, RATE, k=k, which=which, sign=sign)
    assert found.value == 1
    assert found.p_value == pytest.approx(p)


@given(SEEDS, st.integers(5, 12), st.data())
def test_separation_agrees_with_the_hypergeometric_distribution(seed, n, data):
    score, rate = sample(seed, 2, n)
    k = data.draw(st.integers(1, n - 1))
    found = rank_separation(score, rate, k=k, which="highest", sign="negative")
    top = np.argsort(-rate)[:k]
    observed = int((score[top] < 0).sum())
    distribution = scipy.stats.hypergeom(n, int((score < 0).sum()), k)
    assert found.value == observed / k
    assert found.p_value == pytest.approx(distribution.sf(observed - 1))
    assert found.p_opposite == pytest.approx(distribution.cdf(observed))
    mirrored = rank_separation(-score, -rate, k=k, which="lowest", sign="positive")
    assert (mirrored.value, mirrored.p_value) == (found.value, found.p_value)


def test_ties_count_against_the_claim():
    score = np.array([-1.0, -1, 1, 1, 1])
    rate = np.array([2.0, 1, 1, 0, 0])
    assert rank_separation(score, rate, k=2, which="highest", sign="negative").value == 0.5


@pytest.mark.parametrize("k", [0, 10, -1])
def test_a_group_of_none_or_all_is_refused(k):
    with pytest.raises(BrokenMeasurementError, match="expected a group of 1 to 9"):
        rank_separation(COSINE, RATE, k=k, which="highest", sign="negative")


@given(SEEDS, st.integers(6, 15))
def test_studentised_residuals_are_those_of_a_fit_without_the_unit(seed, n):
    x, y = sample(seed, 2, n)
    design = np.column_stack([np.ones(n), x])
    for index, found in enumerate(studentised_residuals(x, y)):
        # A dummy for the one unit: its t statistic is the externally studentised residual.
        dummy = np.column_stack([design, np.arange(n) == index])
        coefficients, (rest,), *_ = np.linalg.lstsq(dummy, y, rcond=None)
        error = math.sqrt(rest / (n - 3) * np.linalg.inv(dummy.T @ dummy)[2, 2])
        assert found == pytest.approx(coefficients[2] / error, rel=1e-6)


def test_the_librarian():
    found = outlier(PERSONAS, JS, RATE)
    assert found.label == "librarian"
    assert found.value == pytest.approx(5.18, abs=5e-3)
    assert found.p_value == pytest.approx(10 * 2 * scipy.stats.t.sf(found.value, 7))
    kept = np.array(PERSONAS) != "librarian"
    without = pearson(JS[kept], RATE[kept])
    assert (without.value, without.p_value) == pytest.approx((0.89, 0.001), abs=5e-3)
    assert abs(found.value) > critical_residual(7, 10, 0.025)


@pytest.mark.parametrize(
    ("x", "y"),
    [([1, 2, 3, 4], [1, 3, 2, 4]), ([0, 0, 0, 0, 1], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5], [1, 2, 3, 4, 9])],
)
def test_lines_without_scatter_have_no_outlier(x, y):
    with pytest.raises(BrokenMeasurementError):
        studentised_residuals(x, y)


def test_eight_of_ten_leave_one_outs_lose_significance():
    p = {part.left_out: part.correlation.p_value for part in leave_one_out(PERSONAS, COSINE, RATE)}
    assert sum(value > 0.05 for value in p.values()) == 8
    assert (p["police_officer"], p["librarian"]) == pytest.approx((0.014, 0.016), abs=5e-4)


def test_labels_must_fit():
    with pytest.raises(BrokenMeasurementError, match="labels: expected 10, got 1"):
        leave_one_out(["one"], COSINE, RATE)
    with pytest.raises(BrokenMeasurementError, match="labels: expected 10, got 1"):
        outlier(["one"], COSINE, RATE)


def test_power_as_in_the_pwr_package():
    assert power_of_correlation(0.3, 50) == pytest.approx(0.5715558, abs=1e-6)


@pytest.mark.parametrize(("n", "power"), [(10, 0.60), (15, 0.82), (20, 0.92), (30, 0.99)])
def test_power_of_the_headline(n, power):
    # The study's own figures are simulated; Cohen's approximation is within two points of them.
    assert power_of_correlation(0.66, n) == pytest.approx(power, abs=0.02)


@given(st.floats(0.05, 0.95), st.floats(0.5, 0.99))
def test_the_n_for_power_is_the_smallest(r, power):
    n = n_for_power(r, power)
    assert power_of_correlation(r, n) >= power
    if n > 4:
        assert power_of_correlation(r, n - 1) < power
    assert n_for_power(-r, power) == n


def test_power_at_the_ends():
    assert n_for_power(0) is None
    assert n_for_power(1) == 4
    with pytest.raises(ValueError, match="n >= 4"):
        power_of_correlation(0.5, 3)
