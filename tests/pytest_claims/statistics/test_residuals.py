import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import critical_residual, leave_one_out, outlier, pearson, studentised_residuals

from ...property_examples import examples
from ..study_table import COSINE, JS, PERSONAS, RATE

PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)


@PROPERTY
@given(SEEDS, st.integers(5, 15))
def test_each_residual_is_that_of_a_fit_without_the_unit(seed, n):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    for index, found in enumerate(studentised_residuals(x, y)):
        a, b = np.delete(x, index), np.delete(y, index)
        (slope, intercept), (rest,), *_ = np.polyfit(a, b, 1, full=True)
        spread = 1 + 1 / (n - 1) + (x[index] - a.mean()) ** 2 / ((a - a.mean()) ** 2).sum()
        expected = (y[index] - intercept - slope * x[index]) / math.sqrt(rest / (n - 3) * spread)
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)


@PROPERTY
@given(SEEDS, st.integers(5, 15), st.floats(0.1, 10), st.floats(-5, 5), st.floats(-3, 3), st.randoms())
def test_scale_shift_slope_and_order_do_not_matter(seed, n, scale, shift, slope, random):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    order = random.sample(range(n), n)
    found = studentised_residuals(x, y)
    assert studentised_residuals(-scale * x + shift, y + slope * x) == pytest.approx(
        found, rel=1e-5, abs=1e-6
    )
    assert studentised_residuals(x[order], -y[order]) == pytest.approx(-found[order])


def test_the_published_librarian():
    found = outlier(PERSONAS, JS, RATE)
    assert (found.label, found.labels, found.degrees_of_freedom) == ("librarian", PERSONAS, 7)
    assert found.value == pytest.approx(5.18, abs=5e-3)
    assert found.p_value == pytest.approx(10 * 2 * scipy.stats.t.sf(found.value, 7))
    assert max(found.residuals, key=abs) == found.value == found.residuals[PERSONAS.index("librarian")]
    kept = np.array(PERSONAS) != "librarian"
    without = pearson(JS[kept], RATE[kept])
    assert (without.value, without.p_value) == pytest.approx((0.89, 0.001), abs=5e-3)


@PROPERTY
@given(SEEDS, st.integers(5, 15))
def test_the_p_value_is_corrected_for_all_units_and_no_more_than_one(seed, n):
    found = outlier([str(index) for index in range(n)], *np.random.default_rng(seed).normal(size=(2, n)))
    assert abs(found.value) == max(map(abs, found.residuals))
    assert found.p_value == pytest.approx(min(1, n * 2 * scipy.stats.t.sf(abs(found.value), n - 3)))
    critical = critical_residual(n - 3, n, 0.05)
    assert (abs(found.value) > critical) == (found.p_value < 0.05)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2, 3, 4], [1, 3, 2, 4], "at least 5 values"),
        ([0, 0, 0, 0, 1], [1, 2, 3, 4, 5], "line to rest on more than one unit"),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 9], "scatter about the line"),
        ([1, 2, 3, 4, 5], [2, 4, 6, 8, 10], "scatter about the line"),
    ],
)
def test_lines_on_which_no_unit_can_be_an_outlier(x, y, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        studentised_residuals(x, y)


def test_labels_must_fit():
    with pytest.raises(BrokenMeasurementError, match="labels: expected 10, got 1"):
        outlier(["one"], JS, RATE)


def test_eight_of_the_ten_published_units_carry_the_headline():
    parts = leave_one_out(PERSONAS, COSINE, RATE)
    p = {part.left_out: part.correlation.p_value for part in parts}
    assert sum(value > 0.05 for value in p.values()) == 8
    assert (p["police_officer"], p["librarian"]) == pytest.approx((0.014, 0.016), abs=5e-4)


@examples(20)
@given(st.integers(0, 100_000), st.integers(5, 12))
def test_each_part_is_the_correlation_of_the_others(seed, n):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    parts = leave_one_out([f"unit {index}" for index in range(n)], x, y)
    assert [part.left_out for part in parts] == [f"unit {index}" for index in range(n)]
    for index, part in enumerate(parts):
        keep = [other for other in range(n) if other != index]
        expected = scipy.stats.pearsonr(x[keep], y[keep])
        assert (part.correlation.value, part.correlation.p_value) == pytest.approx(tuple(expected))
        assert part.correlation.n == n - 1


def test_a_part_that_is_constant_is_refused():
    with pytest.raises(BrokenMeasurementError, match="x: expected values that differ"):
        leave_one_out("abcde", [0, 0, 0, 0, 1], [1, 2, 3, 4, 5])


def test_labels_must_fit_the_units_left_out():
    with pytest.raises(BrokenMeasurementError, match="labels: expected 10, got 1"):
        leave_one_out(["one"], COSINE, RATE)
