import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import Estimate
from pytest_claims.numbers import distinct_texts, estimate_text, number_text, p_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-0.6577, "-0.66"),
        (0.0, "0.00"),
        (68.13, "68.1"),
        (5.181, "5.18"),
        (211.4, "211"),
        (0.00123, "0.00123"),
        (999999.0, "999999"),
        (1234567.0, "1.23e+06"),
        (-1e300, "-1e+300"),
    ],
)
def test_numbers_as_people_read_them(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0387, "0.039"), (0.107, "0.11"), (1.0, "1.00"), (3e-11, "<0.0001"), (0.00013, "0.00013")],
)
def test_p_values_as_people_read_them(value, text):
    assert p_text(value) == text


@given(st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-300))
def test_a_printed_number_is_within_half_a_percent_or_half_a_hundredth_and_has_its_sign(value):
    printed = float(number_text(value))
    assert printed == pytest.approx(value, rel=0.005001, abs=0.005001 if abs(value) >= 0.01 else 0)
    assert (printed > 0) == (value > 0)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6) | st.none())
def test_numbers_that_differ_are_printed_so_that_one_sees_it(first, second):
    if second is None:
        second = math.nextafter(first, math.inf)
    texts = distinct_texts(first, second)
    assert (texts[0] != texts[1]) == (first != second)
    assert all(
        float(text) == pytest.approx(value, rel=0.05, abs=0.005)
        for text, value in zip(texts, (first, second), strict=True)
    )


@pytest.mark.parametrize(
    ("first", "second", "texts"),
    [
        (-0.66, -0.66, ("-0.66", "-0.66")),
        (-0.6577, -0.6581, ("-0.6577", "-0.6581")),
        (-0.66, 0.1, ("-0.66", "0.10")),
        (None, 0.1, ("", "0.10")),
        (1.0, 1.0 + 2**-52, ("1.0", "1.0000000000000002")),
    ],
)
def test_no_more_digits_than_it_takes(first, second, texts):
    assert distinct_texts(first, second) == texts


@given(st.floats(1e-4, 1))
def test_a_printed_p_is_within_five_percent(value):
    assert float(p_text(value)) == pytest.approx(value, rel=0.05)


def test_an_estimate_on_one_line():
    estimate = Estimate("Pearson r", -0.6577, 10, ci_low=-0.909, ci_high=-0.047, p_value=0.0387)
    assert estimate_text(estimate) == "Pearson r = -0.66 [-0.91, -0.05], p = 0.039, N = 10"
