import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pytest_claims import BrokenMeasurementError, CorrelationEstimate
from pytest_claims.statistics import (
    partial_pearson,
    pearson,
    row_correlations,
    row_partial_correlations,
    spearman,
    with_resampling,
)
from pytest_claims.statistics.arithmetic.coefficient import p_of_r

from ...property_examples import examples
from ..study_table import COSINE, JS, RATE
from .high_precision import share_as_far

NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 3))
PAIRS = st.integers(4, 20).flatmap(lambda n: hnp.arrays(float, (2, n), elements=NUMBERS)).filter(
    lambda pair: (np.ptp(pair, axis=1) > 1e-2).all()
)  # fmt: skip


@pytest.mark.parametrize(
    ("x", "y", "r", "p"),
    [(COSINE, RATE, -0.6577, 0.0387), (JS, RATE, 0.5401, 0.1070), (COSINE, JS, -0.5100, 0.1321)],
)
def test_the_published_table(x, y, r, p):
    found = pearson(x, y)
    assert (found.value, found.p_value) == pytest.approx((r, p), abs=5e-5)


def test_the_published_table_by_rank():
    found = spearman(COSINE, RATE)
    assert (found.value, found.p_value) == pytest.approx((-0.595, 0.070), abs=5e-4)


@given(PAIRS)
def test_pearson_agrees_with_scipy(pair):
    found, expected = pearson(*pair), scipy.stats.pearsonr(*pair)
    assert found.value == pytest.approx(expected.statistic, abs=1e-9)
    assume(abs(found.value) < 1 - 1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    interval = expected.confidence_interval(0.95)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), abs=1e-9)


@given(PAIRS)
def test_spearman_agrees_with_scipy(pair):
    found, expected = spearman(*pair), scipy.stats.spearmanr(*pair)
    assert found.value == pytest.approx(expected.statistic, abs=1e-9)
    assume(abs(found.value) < 1 - 1e-9 and found.n > 9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)


@examples(20)
@given(st.integers(4, 6).flatmap(lambda n: hnp.arrays(int, (2, n), elements=st.integers(0, 6))))
def test_spearman_of_few_units_counts_all_pairings(pair):
    assume((np.ptp(pair, axis=1) > 0).all())
    ranks = [[Fraction(rank) for rank in scipy.stats.rankdata(column)] for column in pair]
    assert spearman(*pair).p_value == pytest.approx(share_as_far(*ranks), abs=1e-12)


@pytest.mark.parametrize(("n", "by_t"), [(4, 2 / 24), (5, 10 / 120), (6, None), (7, None)])
def test_spearman_rejects_no_more_often_than_it_says(n, by_t):
    """Over all n! orders of untied ranks, which are equally probable; Student's t rejects in 8.3% at n = 4 and 5."""
    found = [spearman(range(n), order) for order in itertools.permutations(range(n))]
    for alpha in (0.01, 0.05, 0.1):
        assert np.mean([estimate.p_value < alpha for estimate in found]) <= alpha
    if by_t:
        with np.errstate(divide="ignore"):
            p = [p_of_r(float(estimate.value), n - 2) for estimate in found]
        assert np.mean(np.array(p) < 0.05) == pytest.approx(by_t)


@given(PAIRS, st.floats(0.01, 100), st.floats(-100, 100), st.randoms())
def test_symmetry_and_invariance(pair, scale, shift, random):
    x, y = pair
    found = pearson(x, y)
    order = random.sample(range(x.size), x.size)
    assert pearson(y, x).value == pytest.approx(found.value, abs=1e-9)
    assert pearson(x[order], y[order]).value == pytest.approx(found.value, abs=1e-9)
    assert pearson(scale * x + shift, y).value == pytest.approx(found.value, abs=1e-6)
    assert pearson(-x, y).value == pytest.approx(-found.value, abs=1e-9)
    assert -1 <= found.ci_low <= found.value <= found.ci_high <= 1
    assert 0 <= found.p_value <= 1


@given(PAIRS)
def test_ranks_do_not_change_under_a_growing_function(pair):
    x, y = pair
    assert spearman(np.exp(x / 50), y).value == pytest.approx(spearman(x, y).value, abs=1e-9)


def test_numbers_of_any_size():
    x = np.array([1.0, 2.0, 3.0, 5.0])
    y = np.array([1.0, 3.0, 2.0, 9.0])
    assert pearson(1e200 * x, 1e-200 * y).value == pytest.approx(pearson(x, y).value)


@given(st.integers(6, 20), st.integers(0, 1000))
def test_partial_correlation_is_that_of_the_inverse_covariance(n, seed):
    x, y, z = np.random.default_rng(seed).normal(size=(3, n))
    precision = np.linalg.inv(np.cov([x, y, z]))
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    found = partial_pearson(x, y, z)
    assert found.value == pytest.approx(expected, abs=1e-8)
    t = expected * np.sqrt((n - 3) / (1 - expected**2))
    assert found.p_value == pytest.approx(2 * scipy.stats.t.sf(abs(t), n - 3), rel=1e-6)
    rows = row_partial_correlations(np.stack([x, -x]), y, z)
    assert rows == pytest.approx([expected, -expected], abs=1e-8)


@given(PAIRS)
def test_row_correlations_are_those_of_the_rows(pair):
    x, y = pair
    expected = scipy.stats.pearsonr(x, y).statistic
    assert row_correlations(np.stack([x, -x]), y) == pytest.approx([expected, -expected], abs=1e-9)


@given(st.floats(-0.95, 0.95), st.floats(0, 0.2), st.integers(4, 100), st.integers(0, 1000))
def test_resampling_only_widens(r, noise, n, seed):
    x = np.random.default_rng(seed).normal(size=n)
    estimate = pearson(x, r * x + np.sqrt(1 - r * r) * np.random.default_rng(seed + 1).normal(size=n))
    replicates = np.tanh(
        np.arctanh(np.clip(estimate.value, -0.99, 0.99)) + noise * np.random.default_rng(2).normal(size=50)
    )
    widened = with_resampling(estimate, replicates)
    assert widened.ci_low <= estimate.ci_low + 1e-9
    assert widened.ci_high >= estimate.ci_high - 1e-9
    assert (widened.value, widened.p_value) == (estimate.value, estimate.p_value)
    assert widened.resampled_low <= widened.resampled_high


def test_resampling_adds_variances_on_the_z_scale():
    estimate = pearson(COSINE, RATE)
    replicates = np.tanh(np.array([-1.0, -0.6] * 500))
    widened = with_resampling(estimate, replicates)
    spread = np.sqrt(1 / 7 + np.var([-1.0, -0.6] * 500, ddof=1))
    expected = np.tanh(np.arctanh(estimate.value) + np.array([-1, 1]) * scipy.stats.norm.ppf(0.975) * spread)
    assert (widened.ci_low, widened.ci_high) == pytest.approx(tuple(expected))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2, 3], [1, 2, 3], "x: expected at least 4 values, got 3"),
        ([1, 2, 3, 4], [1, 2, 3], "y: expected at least 4"),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4], "y: expected 5 values, as x has, got 4"),
        ([1, 2, 3, np.nan], [1, 2, 3, 4], "x: expected finite numbers, got nan"),
        ([1, 2, 3, 4], [1, 2, np.inf, 4], "y: expected finite numbers, got inf"),
        ([7, 7, 7, 7], [1, 2, 3, 4], "x: expected values that differ, got a constant column"),
        ([[1, 2], [3, 4]], [1, 2, 3, 4], "x: expected one dimension, got 2"),
    ],
)
@pytest.mark.parametrize("statistic", [pearson, spearman])
def test_what_cannot_correlate_is_refused(statistic, x, y, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        statistic(x, y)


def test_a_linear_function_of_the_column_held_fixed_is_refused():
    with pytest.raises(BrokenMeasurementError, match="more than a linear function"):
        partial_pearson([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], [2, 4, 6, 8, 10])


@pytest.mark.parametrize("replicates", [[0.5], [0.5, np.nan], [[0.5, 0.4]]])
def test_useless_replicates_are_refused(replicates):
    with pytest.raises(BrokenMeasurementError, match="replicates"):
        with_resampling(pearson(COSINE, RATE), replicates)


def test_the_interval_of_spearman_is_that_of_bonett_and_wright():
    found = spearman(COSINE, RATE)
    half = 1.959964 * math.sqrt((1 + found.value**2 / 2) / 7)
    expected = (math.tanh(math.atanh(found.value) - half), math.tanh(math.atanh(found.value) + half))
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, abs=1e-6)


def test_partial_correlation_removes_a_common_cause():
    noise_x, noise_y, cause = np.random.default_rng(0).normal(size=(3, 400))
    x, y = cause + noise_x / 4, cause + noise_y / 4
    assert pearson(x, y).value > 0.9
    assert partial_pearson(x, y, cause).value == pytest.approx(0, abs=0.1)


@examples(25)
@given(st.integers(0, 100_000), st.floats(-10, 10), st.floats(-10, 10))
def test_partial_correlation_does_not_see_what_is_held_fixed(seed, a, b):
    x, y, z = np.random.default_rng(seed).normal(size=(3, 8))
    assert partial_pearson(x + a * z, y + b * z, 3 - z).value == pytest.approx(
        partial_pearson(x, y, z).value, abs=1e-6
    )


def test_partial_correlation_needs_a_unit_more():
    with pytest.raises(BrokenMeasurementError, match="at least 5 values, got 4"):
        partial_pearson([1, 2, 3, 5], [2, 1, 4, 3], [1, 0, 0, 1])


def test_resampling_adds_to_the_estimates_own_variance():
    """Spearman's and the partial coefficient's intervals are wider than Pearson's; so they stay."""
    still = np.full(10, -0.6)
    for estimate in (spearman(COSINE, RATE), partial_pearson(COSINE, RATE, JS)):
        kept = with_resampling(estimate, still)
        assert (kept.ci_low, kept.ci_high) == pytest.approx((estimate.ci_low, estimate.ci_high))


def test_an_interval_is_needed_to_widen_it():
    with pytest.raises(BrokenMeasurementError, match="expected an interval to widen"):
        with_resampling(CorrelationEstimate("Pearson r", 0.5, 10), [0.4, 0.5])


def test_the_interval_covers_the_true_coefficient():
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 4000, 10))
    rho = -0.66
    covered = 0
    for row, y in zip(x, rho * x + math.sqrt(1 - rho**2) * noise, strict=True):
        found = pearson(row, y)
        covered += found.ci_low <= rho <= found.ci_high
    assert 0.94 < covered / 4000 < 0.96


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300, 1.7e307])
def test_very_large_and_very_small_columns_do_not_overflow(scale):
    x, y = np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 3.0, 2.0, 9.0])
    assert pearson(scale * x, y / scale).value == pytest.approx(pearson(x, y).value)
    assert pearson(scale * x, scale * y).value == pytest.approx(pearson(x, y).value)
