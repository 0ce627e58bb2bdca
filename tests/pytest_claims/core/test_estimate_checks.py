"""Ranges of an estimate's numbers: each fault is named, and without the faulty numbers there is none."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.core.estimate_checks import FINITE, LARGEST_COUNT, as_number, range_faults

NUMBERS = st.none() | st.floats() | st.integers(-(10**20), 10**20)


@given(
    st.fixed_dictionaries(dict.fromkeys(("value", "n", "ci_low", "ci_high", "p_value", "needed_n"), NUMBERS))
)
def test_without_what_is_faulty_nothing_is(values):
    sound = {name: value for name, value in values.items() if name not in range_faults(values)}
    assert range_faults(sound) == {}


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_ends_in_the_wrong_order_are_two_faults_that_name_each_other(low, high):
    faults = range_faults({"ci_low": low, "ci_high": high})
    assert faults == (
        {
            "ci_low": f"at most ci_high, which is {high!r}",
            "ci_high": f"at least ci_low, which is {low!r}",
        }
        if low > high
        else {}
    )


@pytest.mark.parametrize("end", ["ci_low", "ci_high"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_an_end_that_is_not_finite_is_the_only_fault_of_its_interval(end, number):
    assert range_faults({"ci_low": 0.1, "ci_high": 0.2} | {end: number}) == {end: FINITE}


@given(st.integers(0, LARGEST_COUNT), st.sampled_from(["n", "needed_n"]))
def test_counts_are_whole_and_from_nought(count, name):
    assert range_faults({name: float(count)}) == {}
    expected = f"a whole number from 0 to {LARGEST_COUNT:,}"
    for wrong in (-float(count) - 1, LARGEST_COUNT + 1.0 + count, math.nan, math.inf, count % 1000 + 0.5):
        assert range_faults({name: wrong}) == {name: expected}


@given(st.integers() | st.fractions() | st.decimals(allow_nan=False) | st.floats(allow_nan=False))
def test_a_real_number_of_any_kind_is_the_float_next_to_it(value):
    try:
        expected = float(value)
    except OverflowError:
        expected = math.inf
    assert as_number(value) == expected


@pytest.mark.parametrize(
    "value",
    ["1", b"1", bytearray(b"1"), True, np.array([1.0]), np.zeros((1, 1)), None, [1], 1j, object, {}],
    ids=repr,
)
def test_text_truth_values_and_arrays_are_no_numbers(value):
    assert as_number(value) is None


@pytest.mark.parametrize("value", [np.float32(0.5), np.array(0.5), Decimal("0.5"), Fraction(1, 2)], ids=repr)
def test_scalars_of_other_libraries_are(value):
    assert as_number(value) == 0.5
    assert type(as_number(value)) is float
