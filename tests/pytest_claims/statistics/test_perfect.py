"""Units on one line: p is what permuting can say, and the interval has a width."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError, Correlation, Verdict
from pytest_claims.statistics import (
    compare_dependent,
    mantel,
    partial_pearson,
    pearson,
    permutation_pearson,
    permutation_spearman,
    spearman,
    with_resampling,
)

from ...property_examples import examples

COLUMNS = st.lists(st.integers(-20, 20), min_size=4, max_size=7).filter(lambda column: len(set(column)) > 1)
LINES = st.tuples(st.sampled_from([1.0, -1.0, 0.1, -3.7, 1e-200, 1e200]), st.sampled_from([0.0, 0.3, -1e3]))


@examples(30)
@given(COLUMNS, st.sampled_from([1.0, 0.1, 1 / 3]), LINES)
def test_pearson(column, unit, line):
    slope, start = line
    x = np.array(column) * unit
    y = slope * (x + start)
    found = pearson(x, y)
    assert found.value == math.copysign(1, slope)
    assert found.p_value == pytest.approx(permutation_pearson(x, y).p_value, rel=1e-9)
    assert found.statistic == "Pearson r (exact p)"
    near, far = (found.ci_low, found.ci_high) if slope > 0 else (-found.ci_high, -found.ci_low)
    assert far == 1
    assert -1 < near < 1 - 1e-6


def test_four_evenly_spaced_units():
    found = pearson([1, 2, 3, 4], [2, 4, 6, 8])
    assert (found.value, found.p_value) == (1, pytest.approx(2 / 24))
    # Student's t gives p = 1 - |r| with two degrees of freedom: 0.083 at r = 11/12, whose interval this is.
    assert found.ci_low == pytest.approx(math.tanh(math.atanh(11 / 12) - 1.959964), abs=1e-6)
    decision = Correlation("positive").decide(found)
    assert decision.verdict is Verdict.INCONCLUSIVE


def test_what_more_units_say():
    found = [pearson(range(n), range(n)) for n in range(4, 150)]
    assert all(a.ci_low < b.ci_low < 1 for a, b in itertools.pairwise(found))
    assert all(a.p_value >= b.p_value > 0 for a, b in itertools.pairwise(found))
    assert [estimate.p_value for estimate in found[:4]] == pytest.approx(
        [2 / math.factorial(n) for n in range(4, 8)]
    )
    assert found[1].p_value < 0.05  # five are enough
    assert found[1].ci_low > 0


def test_equal_values_may_change_places():
    assert pearson([0, 0, 0, 1], [5, 5, 5, 7]).p_value == pytest.approx(6 / 24)
    assert pearson([0, 0, 1, 1], [5, 5, 7, 7]).p_value == pytest.approx(2 * 4 / 24)
    assert pearson([0.3, 0.1 + 0.2, 1, 9], [3, 3, 10, 90]).p_value == pytest.approx(2 / 24)


def test_a_line_is_one_as_far_as_the_digits_tell():
    x = np.array([0.1, 0.7, 0.2, 0.9, 0.4])
    for offset in (0.0, 1e3, 1e6, 1e9):
        assert pearson(x + offset, 3 * x - 7).value == 1
    bent = 3 * x + np.array([0, 0, 1e-6, 0, 0])
    assert pearson(x, bent).value < 1
    assert pearson(x, bent).p_value < 1e-10


@examples(20)
@given(COLUMNS, st.sampled_from([1, -1]))
def test_spearman(column, sign):
    x = np.array(column, dtype=float)
    found = spearman(x, sign * np.exp(x / 10))
    assert found.value == sign
    assert found.p_value == pytest.approx(permutation_spearman(x, sign * x).p_value)
    assert found.ci_high - found.ci_low > 1e-3


def test_spearman_with_more_units_than_are_counted():
    for n in (10, 12, 30):
        found = spearman(range(n), range(n))
        assert found.p_value == pytest.approx(2 / math.factorial(n))
        assert 0 < found.ci_low < found.ci_high == 1


def test_partial_pearson():
    x, z = np.random.default_rng(1).normal(size=(2, 6))
    found = partial_pearson(x + z, 2 * x - 5 * z, z)
    assert found.value == pytest.approx(1, abs=1e-15)
    assert found.p_value == pytest.approx(2 / math.factorial(5))
    assert found.ci_low < 1 - 1e-3


def test_mantel():
    a = np.random.default_rng(2).normal(size=(5, 5))
    found = mantel(a, 3 - 2 * a)
    assert (found.value, found.p_value) == (-1, pytest.approx(1 / 120))
    assert (found.ci_low, found.ci_high) == (-1, pytest.approx(-0.4, abs=0.2))


def test_mantel_of_matrices_in_which_all_objects_are_alike():
    """Leaving out any object changes nothing: a jackknife alone would give an interval of no width."""
    steps = np.subtract.outer(np.arange(6), np.arange(6)) % 6
    found = mantel(np.array([0.0, 1, 2, 3, 2, 1])[steps], np.array([0.0, 2, 1, 5, 1, 2])[steps])
    assert abs(found.value) < 1
    assert found.ci_high - found.ci_low > 0.1


def test_a_perfect_predictor():
    y, other = np.random.default_rng(3).normal(size=(2, 6))
    found = compare_dependent(2 * y, other, y)
    assert found.p_value > 0
    assert found.ci_low < found.value < found.ci_high <= 1


def test_resampling_widens_from_the_near_end():
    found = pearson(range(6), range(6))
    still, noisy = (with_resampling(found, replicates) for replicates in ([0.9, 0.9], [0.5, 0.9, 0.7]))
    assert (still.ci_low, still.ci_high) == pytest.approx((found.ci_low, 1))
    assert noisy.ci_low < found.ci_low < noisy.ci_high == 1
    turned = with_resampling(pearson(range(6), range(6, 0, -1)), [-0.5, -0.9, -0.7])
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-1, -noisy.ci_low))


def test_a_column_of_rounding_is_no_column():
    with pytest.raises(BrokenMeasurementError, match="constant"):
        pearson([0.1 + 0.2, 0.3, 0.3, 0.3], [1, 2, 3, 4])
