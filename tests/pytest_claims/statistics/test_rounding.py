import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import attainable_correlations

from ..study_table import COSINE, JS, RATE


@pytest.mark.parametrize(
    ("x", "y", "y_half", "which", "expected"),
    [
        (COSINE, RATE, 0.0, "r_inner", (-0.6585, -0.6569)),
        (JS, RATE, 0.0, "p_inner", (0.092, 0.124)),
        (COSINE, JS, 0.0005, "r_inner", (-0.534, -0.486)),
        (COSINE, JS, 0.0005, "p_inner", (0.112, 0.155)),
    ],
)
def test_the_published_table(x, y, y_half, which, expected):
    # The figures to compare with are from tables drawn at random, so they lie inside what corners attain.
    low, high = getattr(attainable_correlations(x, y, 0.0005, y_half), which)
    assert low <= expected[0] + 5e-4
    assert high >= expected[1] - 5e-4
    assert (low, high) == pytest.approx(expected, abs=0.01)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(4, 7), st.floats(0, 0.3), st.floats(0, 0.3))
def test_no_table_in_the_box_escapes_the_outer_range(seed, n, x_half, y_half):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, n))
    try:
        reach = attainable_correlations(x, y, x_half, y_half)
    except BrokenMeasurementError:
        return  # rounding so coarse that a column may be constant
    inside = [
        scipy.stats.pearsonr(
            x + generator.uniform(-x_half, x_half, n), y + generator.uniform(-y_half, y_half, n)
        )
        for _ in range(40)
    ]
    for found in inside:
        assert reach.r_outer[0] - 1e-12 <= found.statistic <= reach.r_outer[1] + 1e-12
        assert reach.p_outer[0] - 1e-12 <= found.pvalue <= reach.p_outer[1] + 1e-12
    assert reach.r_outer[0] <= reach.r_inner[0] <= reach.r_inner[1] <= reach.r_outer[1]


@given(st.integers(0, 1000), st.integers(4, 6))
def test_a_table_without_rounding_attains_one_value(seed, n):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    reach = attainable_correlations(x, y, 0.0, 0.0)
    r = scipy.stats.pearsonr(x, y).statistic
    for low, high in (reach.r_inner, reach.r_outer):
        assert (low, high) == pytest.approx((r, r), abs=1e-7)


def test_the_inner_range_is_attained_at_corners():
    x, y = np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, 0.0, 3.0, 2.0])
    reach = attainable_correlations(x, y, 0.5, 0.0)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    corners = [scipy.stats.pearsonr(x + 0.5 * sign, y).statistic for sign in signs]
    assert reach.r_inner == pytest.approx((min(corners), max(corners)))


@pytest.mark.parametrize(
    ("n", "half", "message"),
    [(13, 0.1, "at most 12"), (5, -0.1, "none below 0"), (5, 100.0, "may be constant")],
)
def test_what_cannot_be_bounded_is_refused(n, half, message):
    x, y = np.random.default_rng(1).normal(size=(2, n))
    with pytest.raises(BrokenMeasurementError, match=message):
        attainable_correlations(x, y, half, 0.0)
