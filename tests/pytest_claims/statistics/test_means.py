import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import mean_of, rate_difference

from ...property_examples import examples

PROPERTY = examples(40)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_mean_agrees_with_the_closed_form():
    values = np.array([1.0, 2.5, -0.5, 4.0, 3.0])
    found = mean_of(values, "effect")
    half = scipy.stats.t.ppf(0.975, 4) * values.std(ddof=1) / np.sqrt(5)
    assert (found.value, found.n, found.statistic) == (2.0, 5, "effect")
    assert (found.ci_low, found.ci_high) == pytest.approx((2 - half, 2 + half))
    assert found.p_value == pytest.approx(2 * scipy.stats.t.sf(2 / (values.std(ddof=1) / np.sqrt(5)), 4))


@pytest.mark.parametrize("values", [[1, 1, 1, 1], [1, 2, 3], [1, 2, 3, np.nan], "abcd"])
def test_values_that_carry_no_mean_are_refused(values):
    with pytest.raises(BrokenMeasurementError, match="values: expected"):
        mean_of(values)


# Newcombe 1998, table II, method 10.
@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_difference_agrees_with_the_published_table(counts, low, high):
    found = rate_difference(*counts)
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=6e-5)


@PROPERTY
@given(COUNTS, COUNTS)
def test_difference_turns_with_the_rates(first, second):
    found, turned = rate_difference(*first, *second), rate_difference(*second, *first)
    assert found.value == pytest.approx(-turned.value)
    assert (found.ci_low, found.ci_high) == pytest.approx((-turned.ci_high, -turned.ci_low))
    assert -1 <= found.ci_low <= found.value <= found.ci_high <= 1
    assert found.p_value == pytest.approx(turned.p_value)


def test_impossible_counts_are_refused():
    with pytest.raises(BrokenMeasurementError):
        rate_difference(5, 4, 1, 2)
