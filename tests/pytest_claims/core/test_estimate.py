"""Estimates hold numbers within their ranges, whatever makes them: rules, or reports that are read."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError, CorrelationEstimate, Estimate
from pytest_claims.core.estimate import FINITE, LARGEST_COUNT, as_number, range_faults
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite

SOUND = {"value": 0.5, "n": 10, "ci_low": 0.1, "ci_high": 0.9, "p_value": 0.04}
REFUSED = [
    ({"n": -5}, "n: expected a whole number from 0 to 1,000,000,000,000,000, got -5"),
    ({"n": 10.5}, "n: expected a whole number from 0 to"),
    ({"n": LARGEST_COUNT + 1}, "n: expected a whole number from 0 to"),
    ({"p_value": 8}, "p_value: expected a number from 0 to 1, got 8"),
    ({"p_value": -1e-9}, "p_value: expected a number from 0 to 1"),
    ({"ci_low": 5.0}, "ci_low: expected at most ci_high, which is 0.9, got 5.0"),
    ({"value": math.nan}, "expected a finite value, got nan"),
    ({"value": math.inf}, "expected a finite value, got inf"),
    ({"ci_high": math.inf}, "expected a finite ci_high, got inf"),
    ({"p_value": math.nan}, "expected a finite p_value, got nan"),
]


@pytest.mark.parametrize(("changed", "said"), REFUSED)
def test_numbers_out_of_range_are_refused_by_name(changed, said):
    with pytest.raises(BrokenMeasurementError) as caught:
        Estimate("Pearson r", **(SOUND | changed))
    assert str(caught.value).startswith(f"Pearson r: {said}")


@pytest.mark.parametrize(("changed", "said"), REFUSED)
def test_a_report_with_the_same_numbers_leaves_them_out_and_keeps_the_rest(changed, said):
    words = {"estimate" if name == "value" else name: repr(value) for name, value in changed.items()}
    found = {"estimate": "0.5", "n": "10", "ci_low": "0.1", "ci_high": "0.9", "p_value": "0.04"} | words
    ledger = ledger_of(made_suite(made_case(**found), made_case("sound")))
    entry, sound = ledger.entries
    gone = {"ci_low", "ci_high"} if changed.keys() & {"ci_low"} else words.keys()
    assert all(getattr(entry, name) is None for name in gone)
    assert all(getattr(entry, name) == float(found[name]) for name in found.keys() - gone)
    assert sound.estimate == -0.66
    assert all(
        sentence.startswith("claim rain-sells-umbrellas on station-12: property claim.")
        for sentence in ledger.left_out
    )
    assert len(ledger.left_out) == len(gone)


@pytest.mark.parametrize("value", ["0.5", b"0.5", None, True, [0.5], np.array([0.5]), 1j, object()])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(BrokenMeasurementError, match=r"r: value: expected a number, got "):
        Estimate("r", value, 10)


@pytest.mark.parametrize("value", [1, np.float32(1), np.int64(1), np.array(1.0), Decimal(1), Fraction(1)])
def test_numbers_of_other_kinds_become_python_s_own(value):
    found = Estimate("r", value, np.int64(10), p_value=value)
    assert (type(found.value), type(found.n), type(found.p_value)) == (float, int, float)
    assert found == Estimate("r", 1.0, 10, p_value=1.0)


def test_interval_and_p_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        Estimate("r", 0.5, 10, 0.1)


def test_an_interval_need_not_hold_the_value_nor_have_two_ends():
    assert Estimate("bootstrap mean", 5.0, 10, ci_low=1.0, ci_high=2.0).value == 5.0
    assert Estimate("at least", 5.0, 10, ci_low=1.0).ci_high is None
    assert Estimate("of nothing", 0.0, 0).n == 0


@pytest.mark.parametrize("changed", [{"value": 1.5}, {"ci_high": 1.5}, {"value": -1.1, "ci_low": None}])
def test_a_correlation_lies_between_its_bounds(changed):
    with pytest.raises(BrokenMeasurementError, match="expected a correlation from -1 to 1"):
        CorrelationEstimate("r", **(SOUND | changed))
    assert CorrelationEstimate("r", 1.0 + 1e-12, 10).value == pytest.approx(1)


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


@pytest.mark.parametrize(
    "weights",
    [
        [("a", 0.5)],
        [("a", 1.5), ("b", -0.5)],
        [("a", math.nan), ("b", 1)],
        [("", 1)],
        [(3, 1)],
        [("a", "1")],
        ["a"],
        3,
        None,
    ],
)
def test_weights_are_shares_of_a_whole(weights):
    with pytest.raises(
        BrokenMeasurementError, match="weights: expected pairs of a name and a share from 0 to 1"
    ):
        Estimate("mean", 0.5, 3, weights=weights)
    assert Estimate("mean", 0.5, 3, weights=[("a", 1 / 3), ("b", 2 / 3)]).weights == (
        ("a", 1 / 3),
        ("b", 2 / 3),
    )
    assert Estimate("mean", 0.5, 3, weights={"a": 1}).weights == (("a", 1.0),)
    assert Estimate("mean", 0.5, 3).weights == ()
