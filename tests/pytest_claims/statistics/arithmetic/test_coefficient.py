"""Coefficients, their p-values and intervals, against the same formulas in 60 digits and by counting pairings."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_claims.statistics.arithmetic.coefficient import (
    Coefficient,
    correlate,
    interval_of,
    p_of,
    p_of_a_line,
    p_of_any_line,
    p_of_r,
)
from pytest_claims.statistics.arithmetic.deviations import deviations

from ....property_examples import examples
from .. import high_precision as hp

SEEDS = st.integers(0, 100_000)
COEFFICIENTS = st.floats(-1, 1, exclude_min=True, exclude_max=True)


@examples(25)
@given(SEEDS, st.integers(3, 12), st.integers(0, 25))
def test_coefficient_and_complement_keep_their_digits_near_a_line(seed, n, halvings):
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    y = x + np.ldexp(noise, -halvings)
    found, r = correlate(deviations(x), deviations(y)), hp.pearson_r(x, y)
    # Nearer to a line than this, the columns' own digits are taken to make one.
    assume(1e-6 < abs(r) < 1 - 1e-13)
    assert found.r == pytest.approx(float(r), rel=1e-8, abs=1e-14)
    assert found.complement == pytest.approx(float(1 - abs(r)), rel=1e-4, abs=0)
    assert found.z == pytest.approx(float(hp.mpmath.atanh(r)), rel=1e-5, abs=1e-13)


@given(COEFFICIENTS.filter(lambda r: abs(r) < 1 - 1e-6), st.integers(1, 200))
def test_p_of_a_coefficient(r, degrees):
    assert p_of_r(r, degrees) == pytest.approx(
        float(hp.p_of_r(hp.mpmath.mpf(r), degrees)), rel=1e-7, abs=1e-300
    )
    assert p_of_r(-r, degrees) == p_of_r(r, degrees)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_has_the_p_that_it_is_given_and_an_infinite_transform(sign):
    line = Coefficient(sign, 0.0)
    assert line.is_perfect
    assert line.z == sign * math.inf
    assert p_of(line, 5, 0.02) == 0.02
    assert p_of(Coefficient(sign * 0.5, 0.5), 5, 0.02) == p_of_r(0.5, 5)
    assert p_of_r(sign, 5) == 0


@given(COEFFICIENTS.filter(lambda r: abs(r) < 1 - 1e-9), st.integers(4, 300))
def test_the_interval_is_fisher_s_and_holds_the_coefficient(r, n):
    low, high = interval_of(Coefficient(r, 1 - abs(r)), 1 / (n - 3), n - 2, 0.5)
    expected = hp.fisher(hp.mpmath.mpf(r), hp.mpmath.mpf(1) / (n - 3))
    assert (low, high) == pytest.approx(tuple(map(float, expected)), rel=1e-6, abs=1e-9)
    assert low < r < high


@given(st.integers(4, 12), st.floats(1e-9, 0.9), st.sampled_from([1, -1]))
def test_the_interval_of_a_line_begins_where_that_of_so_small_a_p_begins(n, p, sign):
    """The coefficient with that p-value, found by bisection rather than from Student's quantile."""
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if p_of_r(middle, n - 2) > p else (low, middle)
    assume(1 - low > 1e-9)
    expected, _ = interval_of(Coefficient(low, 1 - low), 1 / (n - 3), n - 2, 0.5)
    found = interval_of(Coefficient(sign, 0.0), 1 / (n - 3), n - 2, p)
    near, far = found if sign > 0 else (-found[1], -found[0])
    assert far == 1
    assert near == pytest.approx(expected, rel=1e-5, abs=1e-7)


@examples(25)
@given(st.lists(st.integers(-4, 4), min_size=3, max_size=6).filter(lambda column: len(set(column)) > 1))
def test_p_of_a_line_is_the_share_of_pairings_that_make_one(column):
    centred = [n * len(column) - sum(column) for n in column]
    square = sum(value * value for value in centred)
    orders = list(itertools.permutations(centred))
    lines = sum(abs(sum(a * b for a, b in zip(centred, order, strict=True))) == square for order in orders)
    assert p_of_a_line(deviations(np.array(column, dtype=float) / 10)) == pytest.approx(lines / len(orders))


def test_p_of_any_line_is_the_least_that_permuting_gives():
    assert [p_of_any_line(n) for n in range(2, 8)] == pytest.approx(
        [2 / math.factorial(n) for n in range(2, 8)]
    )
    assert 0 < p_of_any_line(1000) <= p_of_any_line(170)
    assert p_of_any_line(1) == 1
