import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import Estimate
from pytest_claims.core.numbers import (
    distinct_texts,
    estimate_text,
    fixed_text,
    interval_text,
    number_text,
    p_phrase,
    p_text,
)

SIZES = st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-300)
#: Thresholds and numbers beside them: at the default ones, a last digit away, and anywhere.
BESIDE = st.tuples(
    st.sampled_from([0.05, 0.15, -0.3, 1 / 3, 0.0, 0.025, 1e5]),
    st.one_of(st.sampled_from([0.0, 1e-16, -1e-16, 1e-9, -1e-5, 0.004]), st.floats(-0.2, 0.2)),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-0.6577, "-0.66"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (68.13, "68.1"),
        (5.181, "5.18"),
        (211.4, "211"),
        (0.046875, "0.047"),
        (0.015625, "0.016"),
        (0.00123, "0.00123"),
        (0.000123, "0.000123"),
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


@given(SIZES)
def test_a_printed_number_is_within_five_percent_and_has_its_sign(value):
    assert float(number_text(value)) == pytest.approx(value, rel=0.05)


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


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, 1.0, ""),
        (-0.909, -0.047, "[-0.91, -0.05]"),
        (0.0, 0.00335, "[0.00000, 0.00335]"),
        (-0.6590, -0.6569, "[-0.659, -0.657]"),
        (-0.66001, -0.66, "[-0.66001, -0.66000]"),
        (0.003, 250.0, "[0.003, 250]"),
        (-0.004, 0.85, "[-0.004, 0.85]"),
        (1.0, 1.0, "[1.00, 1.00]"),
    ],
)
def test_intervals_as_people_read_them(low, high, text):
    assert interval_text(low, high) == text


@given(st.lists(SIZES, min_size=2, max_size=2).map(sorted))
def test_the_ends_of_an_interval_are_apart_and_on_their_side_of_nought(ends):
    low, high = map(float, interval_text(*ends).strip("[]").split(", "))
    assert (low < high) == (ends[0] < ends[1])
    for end, printed in zip(ends, (low, high), strict=True):
        assert (printed > 0, printed < 0) == (end > 0, end < 0)
        assert printed == pytest.approx(end, rel=0.05, abs=0.05 * max(map(abs, ends)))


@given(BESIDE, st.floats(0, 1))
def test_digits_show_the_side_of_a_threshold(beside, other):
    threshold, by = beside
    value = threshold + by
    ends = interval_text(min(value, other), max(value, other), (threshold,)).strip("[]").split(", ")
    texts = [number_text(value, (threshold,)), ends[0 if value <= other else 1]]
    if 0 < value <= 1 and threshold > 0 and not (text := p_text(value, (threshold,))).startswith("<"):
        texts.append(text)
    for text in texts:
        assert (float(text) > threshold, float(text) < threshold) == (value > threshold, value < threshold)


@pytest.mark.parametrize(
    ("value", "thresholds", "text"),
    [(0.05001, (), "0.05"), (0.05001, (0.05,), "0.05001"), (0.0496, (0.05,), "0.0496"), (0.05, (0.05,), "0.05"),
     (3e-7, (0.05,), "<0.0001"), (3e-7, (1e-6,), "3e-07"), (0.1496, (0.15,), "0.1496"), (0.0, (0.05,), "<0.0001")],
)  # fmt: skip
def test_p_values_beside_their_level(value, thresholds, text):
    assert p_text(value, thresholds) == text


def test_so_many_decimals_and_more_where_they_decide():
    assert fixed_text(-0.65854, 4) == "-0.6585"
    assert fixed_text(-0.66504, 4, (-0.665,)) == "-0.66504"


def test_the_line_of_an_estimate_shows_what_decides():
    estimate = Estimate("difference", 0.0507, 1100, ci_low=-0.0467, ci_high=0.15274, p_value=0.33)
    assert estimate_text(estimate, (-0.15, 0.15)) == "difference = 0.05 [-0.05, 0.153], p = 0.33, N = 1100"


@pytest.mark.parametrize(
    ("p", "phrase"), [(0.039, "p = 0.039"), (1e-9, "p <0.0001"), (1.0, "p = 1.00"), (None, "")]
)
def test_a_p_value_is_named_where_there_is_one(p, phrase):
    assert p_phrase(p_text(p)) == phrase
