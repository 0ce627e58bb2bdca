"""Deviations from the mean of columns of any size and offset, against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics.arithmetic.deviations import deviations, row_deviations, spread_of

from .. import high_precision as hp

#: Columns beside an offset, in units from the smallest to the largest that a float holds.
COLUMNS = st.tuples(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=9).filter(lambda column: len(set(column)) > 1),
    st.sampled_from([0, 1, -(10**3), 10**6, 10**12]),
    st.sampled_from([0, 1, -3, 900, -1000, 983]),
).map(lambda parts: np.ldexp(np.array(parts[0], dtype=float) + parts[1], parts[2]))


@pytest.fixture(autouse=True)
def no_overflow():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@given(COLUMNS)
def test_every_value_is_the_exact_deviation_within_its_bound_and_the_mean_s(column):
    found = deviations(column)
    of_mean = float(found.errors.max())
    unit = Fraction(2) ** found.exponent
    for value, error, exact in zip(found.values, found.errors, hp.centred(hp.exact(column)), strict=True):
        assert abs(Fraction(float(value)) * unit - exact) <= Fraction(float(error) + of_mean) * unit
    assert 0.5 <= np.abs(found.values).max() < 1
    assert [Fraction(float(value)) * unit for value in found.column] == hp.exact(column)


@given(COLUMNS, st.integers(1, 60))
def test_a_power_of_two_changes_the_unit_alone(column, power):
    towards_one = -power if np.abs(column).max() > 1 else power
    found, scaled = deviations(column), deviations(np.ldexp(column, towards_one))
    assert (found.values == scaled.values).all()
    assert (found.errors == scaled.errors).all()
    assert scaled.exponent == found.exponent + towards_one


@given(COLUMNS)
def test_the_unit_vector_has_length_one_and_differences_from_the_median_are_exact(column):
    found = deviations(column)
    assert np.linalg.norm(found.unit) == pytest.approx(1, rel=1e-12)
    unit = Fraction(2) ** found.exponent
    exact = hp.exact(column)
    median = sorted(exact)[len(exact) // 2]
    for value, error, own in zip(found.from_median, found.from_median_errors, exact, strict=True):
        assert abs(Fraction(float(value)) * unit - (own - median)) <= Fraction(float(error)) * unit


@given(st.lists(COLUMNS.map(lambda column: np.resize(column, 5)), min_size=1, max_size=4))
def test_rows_are_centred_each_in_its_own_unit(columns):
    rows = np.array(columns)
    for row, found in zip(rows, row_deviations(rows), strict=True):
        if np.ptp(row):
            assert (found == deviations(row).values).all()


def test_a_constant_row_has_no_deviations():
    assert (
        row_deviations(np.array([[3.0, 3.0], [0.0, 0.0], [1.0, 3.0]])) == [[0, 0], [0, 0], [-0.5, 0.5]]
    ).all()


@given(COLUMNS)
def test_spread_is_the_range_as_a_share_of_the_largest_size(column):
    exact = hp.exact(column)
    expected = (max(exact) - min(exact)) / max(map(abs, exact))
    assert spread_of(column) == pytest.approx(float(expected), rel=1e-12)
    assert spread_of(column) <= 2
    assert spread_of(np.zeros(3)) == 0
