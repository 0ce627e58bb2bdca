import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import attainable_correlations, pearson, printed_against_attainable

from ...property_examples import examples
from ..study_table import COSINE, JS, RATE

PROPERTY = examples(20)
SEEDS = st.integers(0, 100_000)
HALF_WIDTHS = st.floats(0, 0.3)


def within(inner, outer):
    return outer[0] <= inner[0] <= inner[1] <= outer[1]


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


@examples(25)
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


@PROPERTY
@given(SEEDS, st.just(4), HALF_WIDTHS, HALF_WIDTHS)
def test_every_corner_is_visited(seed, n, x_half, y_half):
    x, y = 2 * np.random.default_rng(seed).normal(size=(2, n))
    assume(min(np.std(x), np.std(y)) > 1)
    signs = np.array(list(itertools.product((-1, 1), repeat=n)))
    r = [scipy.stats.pearsonr(x + x_half * a, y + y_half * b).statistic for a in signs for b in signs]
    found = attainable_correlations(x, y, x_half, y_half)
    assert found.r_inner == pytest.approx((min(r), max(r)), abs=1e-9)


@PROPERTY
@given(SEEDS, st.integers(4, 9), HALF_WIDTHS, HALF_WIDTHS)
def test_climbing_within_the_box_never_leaves_the_outer_range(seed, n, x_half, y_half):
    rng = np.random.default_rng(seed)
    x, y = 2 * rng.normal(size=(2, n))
    assume(min(np.std(x), np.std(y)) > 1)
    found = attainable_correlations(x, y, x_half, y_half)
    assert within(found.r_inner, found.r_outer)
    assert within(found.p_inner, found.p_outer)
    # Inside the box, on its corners and, by climbing, as near to the extremes as can be found.
    best = pearson(x, y).value
    at = (x, y)
    for step in range(60):
        dx, dy = rng.uniform(-1, 1, size=(2, n)) if step % 2 else rng.choice([-1, 0, 1], size=(2, n))
        tables = ((x + x_half * dx, y + y_half * dy),
                  (np.clip(at[0] + x_half * dx / 3, x - x_half, x + x_half),
                   np.clip(at[1] + y_half * dy / 3, y - y_half, y + y_half)))  # fmt: skip
        for a, b in tables:
            r = pearson(a, b)
            assert found.r_outer[0] - 1e-9 <= r.value <= found.r_outer[1] + 1e-9
            assert found.p_outer[0] - 1e-9 <= r.p_value <= found.p_outer[1] + 1e-9
            if abs(r.value) > abs(best):
                best, at = r.value, (a, b)


@PROPERTY
@given(SEEDS, st.integers(4, 7))
def test_the_end_nearer_to_no_correlation_is_exact(seed, n):
    x = 2 * np.random.default_rng(seed).normal(size=n)
    assume(np.std(x) > 1)
    y = x + np.random.default_rng(seed + 1).normal(size=n) / 2
    found = attainable_correlations(x, y, 0.05, 0.05)
    assume(found.r_inner[0] > 0)
    assert found.r_outer[0] == found.r_inner[0]
    turned = attainable_correlations(-x, y, 0.05, 0.05)
    assert turned.r_inner == pytest.approx((-found.r_inner[1], -found.r_inner[0]))
    assert turned.r_outer == pytest.approx((-found.r_outer[1], -found.r_outer[0]))
    assert turned.p_outer == pytest.approx(found.p_outer)


@PROPERTY
@given(SEEDS, st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_scale_shift_order_and_which_column_do_not_matter(seed, scale, shift, random):
    x, y = 2 * np.random.default_rng(seed).normal(size=(2, 6))
    assume(min(np.std(x), np.std(y)) > 1)
    order = random.sample(range(6), 6)
    found = attainable_correlations(x, y, 0.1, 0.2)
    for changed in (
        attainable_correlations(scale * x + shift, y, scale * 0.1, 0.2),
        attainable_correlations(x[order], y[order], 0.1, 0.2),
        attainable_correlations(y, x, 0.2, 0.1),
    ):
        assert changed.r_inner == pytest.approx(found.r_inner, abs=1e-9)
        assert changed.r_outer == pytest.approx(found.r_outer, abs=1e-9)


@PROPERTY
@given(SEEDS, st.floats(0, 0.1), st.floats(0, 0.1))
def test_coarser_rounding_allows_more(seed, half_width, more):
    x, y = 2 * np.random.default_rng(seed).normal(size=(2, 6))
    assume(min(np.std(x), np.std(y)) > 1)
    fine = attainable_correlations(x, y, half_width, half_width)
    coarse = attainable_correlations(x, y, half_width + more, half_width + more)
    assert coarse.r_outer[0] <= fine.r_outer[0] + 1e-12
    assert coarse.r_outer[1] >= fine.r_outer[1] - 1e-12


def test_where_no_correlation_is_attained_p_reaches_one():
    found = attainable_correlations([1, 2, 3, 4], [1, 3.1, 1, 2.9], 0.4, 0.4)
    assert found.r_inner[0] < 0 < found.r_inner[1]
    assert found.p_inner[1] == found.p_outer[1] == 1


@pytest.mark.parametrize(
    ("n", "half_widths", "message"),
    [
        (13, (0.01, 0.01), "at most 12 values"),
        (5, (-0.01, 0.01), "half widths"),
        (5, (0.01, float("nan")), "half widths"),
        (5, (float("inf"), 0.01), "half widths"),
        (5, (9, 0.01), "rounding is so coarse that a column may be constant"),
        (5, (0.01, 9), "rounding is so coarse that a column may be constant"),
    ],
)
def test_boxes_that_cannot_be_bounded(n, half_widths, message):
    x, y = np.random.default_rng(0).normal(size=(2, n))
    with pytest.raises(BrokenMeasurementError, match=message):
        attainable_correlations(x, y, *half_widths)


def test_a_printed_number_beside_what_its_table_allows():
    found = printed_against_attainable("Pearson r", -0.66, 0.005, (-0.6585, -0.6569), (-0.659, -0.6569), 10)
    assert (found.value, found.n) == (-0.66, 10)
    assert (found.printed_low, found.printed_high) == pytest.approx((-0.665, -0.655))
    assert (found.inner, found.outer) == ((-0.6585, -0.6569), (-0.659, -0.6569))
    assert (found.ci_low, found.ci_high, found.p_value) == (-0.659, -0.6569, None)
    assert "-0.66" in found.detail
    assert "-0.6585 to -0.6569" in found.detail


def test_the_outer_range_is_the_angle_by_which_both_columns_can_turn():
    x, y = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])  # at a right angle, each of length 2
    found = attainable_correlations(x, y, 0.3, 0.1)
    reach = np.sin(np.arcsin(0.3) + np.arcsin(0.1))  # half width * sqrt(4) over length 2
    assert found.r_outer == pytest.approx((-reach, reach))


def test_a_table_between_the_corners_can_be_stronger_than_any_corner():
    x = np.array([0.0, 1, 2, 3])
    y = x + 0.2 * np.array([1, -1, 1, -1])
    found = attainable_correlations(x, y, 0.0, 0.25)  # y may be x itself, but not at a corner
    assert found.r_inner[1] < 1 - 1e-6
    assert found.r_outer[1] == pytest.approx(1, abs=1e-12)
    assert found.p_outer[0] == pytest.approx(0, abs=1e-6)
