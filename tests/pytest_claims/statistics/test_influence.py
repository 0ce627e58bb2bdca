import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import leave_one_out

from ...property_examples import examples
from ..study_table import COSINE, PERSONAS, RATE


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


def test_labels_must_fit():
    with pytest.raises(BrokenMeasurementError, match="labels: expected 10, got 1"):
        leave_one_out(["one"], COSINE, RATE)
