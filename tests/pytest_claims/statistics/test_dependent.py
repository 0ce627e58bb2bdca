import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import compare_dependent, pearson, with_bootstrap_interval

from ...property_examples import examples
from ..study_table import COSINE, JS, RATE

PROPERTY = examples(40)
SEEDS = st.integers(0, 100_000)


def columns_with(r_first, r_second, r_between, n):
    """Three columns with exactly these sample correlations: first, second, shared."""
    white = np.random.default_rng(0).normal(size=(n, 3))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(white.T @ white)).T
    correlations = np.array([[1, r_first, r_second], [r_first, 1, r_between], [r_second, r_between, 1]])
    shared, first, second = (white @ np.linalg.cholesky(correlations).T).T
    return first, second, shared


def test_the_published_table():
    found = compare_dependent(COSINE, JS, RATE)
    assert (found.t, found.p_value) == pytest.approx((0.43, 0.68), abs=5e-3)
    assert found.degrees_of_freedom == 7
    assert (found.r_first, found.r_second) == (
        pearson(COSINE, RATE).value,
        pearson(JS, RATE).value,
    )
    assert found.r_between == pytest.approx(0.51, abs=5e-3)  # cosine turned around
    assert found.ci_low < 0 < found.value < found.ci_high


def test_williams_on_a_published_example():
    """R's psych::r.test(n=103, r12=.4, r13=.5, r23=.1) prints t = -0.89 with p = .37 (its own help page)."""
    found = compare_dependent(*columns_with(0.4, 0.5, 0.1, 103))
    assert (found.t, found.p_value) == pytest.approx((-0.89, 0.37), abs=6e-3)
    assert found.degrees_of_freedom == 100


def test_zou_on_a_published_example():
    """Zou (2007), example 2: r12 = .396, r13 = .179, r23 = .088, N = 66 gives -.093 to .517."""
    found = compare_dependent(*columns_with(0.396, 0.179, 0.088, 66))
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.093, 0.517), abs=5e-4)


@PROPERTY
@given(SEEDS, st.integers(4, 30))
def test_the_other_way_round_turns_the_sign(seed, n):
    x, y, z = np.random.default_rng(seed).normal(size=(3, n))
    found, turned = compare_dependent(x, y, z), compare_dependent(y, x, z)
    assert (turned.value, turned.t) == pytest.approx((-found.value, -found.t))
    assert turned.p_value == pytest.approx(found.p_value)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-found.ci_high, -found.ci_low))


@PROPERTY
@given(SEEDS, st.integers(4, 30), st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_signs_scale_shift_and_order_do_not_matter(seed, n, scale, shift, random):
    x, y, z = np.random.default_rng(seed).normal(size=(3, n))
    order = random.sample(range(n), n)
    found = compare_dependent(x, y, z)
    assume(abs(found.r_between) < 0.999)
    for changed in (
        compare_dependent(-scale * x + shift, y, z),
        compare_dependent(x, shift - y, z),
        compare_dependent(x, y, -z),
        compare_dependent(x[order], y[order], z[order]),
    ):
        assert (changed.value, changed.t) == pytest.approx((found.value, found.t), rel=1e-5, abs=1e-7)
        assert changed.ci_low == pytest.approx(found.ci_low, abs=1e-6)
    assert -2 <= found.ci_low <= found.value <= found.ci_high <= 2
    assert 0 <= found.p_value <= 1


def test_the_p_value_is_the_larger_of_equal_and_opposite():
    """|r| = .50 against .02, where the second may well be negative in truth: both hypotheses are tested."""
    found = compare_dependent(*columns_with(0.5, 0.02, 0.6, 12))
    r1, r2, r12, n = 0.5, -0.02, -0.6, 12
    determinant = 1 - r1**2 - r2**2 - r12**2 + 2 * r1 * r2 * r12
    scale = 2 * determinant * (n - 1) / (n - 3) + ((r1 + r2) / 2) ** 2 * (1 - r12) ** 3
    t = (r1 - r2) * math.sqrt((n - 1) * (1 + r12) / scale)
    assert found.p_value == pytest.approx(2 * scipy.stats.t.sf(t, n - 3))
    assert found.p_value > 2 * scipy.stats.t.sf(abs(found.t), n - 3)
    assert f"{t:.2f} should the true signs be opposite" in found.detail


def test_a_perfect_predictor_beats_an_imperfect_one():
    shared = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    found = compare_dependent(2 * shared, [1, 3, 2, 5, 4, 6], shared)
    assert found.value > 0
    assert math.isfinite(found.p_value)


@pytest.mark.parametrize("again", [lambda x: x, lambda x: 3 - 2 * x])
def test_one_predictor_twice_is_refused(again):
    with pytest.raises(BrokenMeasurementError, match="two predictors"):
        compare_dependent(COSINE, again(COSINE), RATE)


def test_the_bootstrap_interval_is_scipy_s():
    first, second, shared = columns_with(-0.6, 0.3, -0.2, 30)

    def difference(a, b, y, axis=-1):
        r = [scipy.stats.pearsonr(column, y, axis=axis).statistic for column in (a, b)]
        return np.abs(r[0]) - np.abs(r[1])

    expected = scipy.stats.bootstrap(
        (first, second, shared), difference, paired=True, vectorized=True, n_resamples=4999,
        method="percentile", random_state=1,
    ).confidence_interval  # fmt: skip
    compared = compare_dependent(first, second, shared)
    found = with_bootstrap_interval(compared, first, second, shared)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(expected), abs=0.02)
    assert (found.value, found.p_value) == (compared.value, compared.p_value)
    assert found == with_bootstrap_interval(compared, first, second, shared)


def test_resamples_with_a_constant_column_are_left_out():
    columns = ([1.0, 2, 3, 5], [2.0, 1, 4, 3], [1.0, 3, 2, 4])
    found = with_bootstrap_interval(compare_dependent(*columns), *columns, resamples=2000)
    assert -1 <= found.ci_low <= found.ci_high <= 1


@PROPERTY
@given(SEEDS, st.integers(5, 12), st.sampled_from([1e-300, 1e-150, 1e12, 1e13, 1e150, 1e300]))
def test_the_bootstrap_interval_has_no_unit(seed, n, scale):
    first, second, shared = np.random.default_rng(seed).normal(size=(3, n))

    def interval(shared):
        comparison = compare_dependent(first, second, shared)
        found = with_bootstrap_interval(comparison, first, second, shared, resamples=200)
        return found.ci_low, found.ci_high

    assert interval(scale * shared) == pytest.approx(interval(shared), abs=1e-9)


def test_resamples_without_a_spread_are_refused():
    columns = np.eye(4)[:3]
    with pytest.raises(BrokenMeasurementError, match="resamples: expected some of 1 in which no column"):
        with_bootstrap_interval(compare_dependent(*columns), *columns, resamples=1, seed=1)


def test_the_sign_of_no_correlation_is_a_matter_of_rounding():
    """The second predictor's covariance with the shared column is exactly 0."""
    first, second = np.array([1, 0, 0, 0, 1, 1, 1, 0]), np.array([0, 1, 1, 2, 2, 0, 0, 2])
    shared = np.array([1, 2, 1, 2, 1, 0, 2, 0])
    draws = np.random.default_rng(0)
    for order in (np.arange(8), *(draws.permutation(8) for _ in range(20))):
        found = compare_dependent(first[order], second[order], shared[order])
        assert (found.ci_low, found.ci_high) == (-1.0, 1.0)
        turned = compare_dependent(second[order], first[order], -shared[order])
        assert (turned.ci_low, turned.ci_high) == (-1.0, 1.0)
