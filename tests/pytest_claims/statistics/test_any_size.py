"""Estimators of columns of any size and offset against the same formulas in 60 digits."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_claims.statistics import (
    attainable_correlations,
    compare_dependent,
    leave_one_out,
    mantel,
    mean_of,
    outlier,
    partial_pearson,
    pearson,
    permutation_pearson,
    row_correlations,
    row_partial_correlations,
    spearman,
    studentised_residuals,
)

from ...property_examples import examples
from . import high_precision as hp

PROPERTY = examples(25)
SEEDS = st.integers(0, 100_000)
OFFSETS = st.sampled_from([0.0, 1.0, -1e3, 1e6, 1e9, -1e9, 9e11])
#: Powers of two that leave room for the offset within what a float holds.
EXPONENTS = st.sampled_from([0, 1, -3, 500, -500, 980, -1000])
MOVES = st.tuples(OFFSETS, EXPONENTS)
#: A column is taken to be known to four units in the last place, which beyond these makes ties.
NEARER_MOVES = st.tuples(st.sampled_from([0.0, 1.0, -1e3, 1e6]), EXPONENTS)


def normal(seed, *shape):
    return 8 * np.random.default_rng(seed).normal(size=shape)


@pytest.fixture(autouse=True)
def no_overflow():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@PROPERTY
@given(SEEDS, st.integers(4, 15), MOVES, MOVES)
def test_pearson(seed, n, of_x, of_y):
    x, y = (hp.moved(column, *move) for column, move in zip(normal(seed, 2, n), (of_x, of_y), strict=True))
    found, r = pearson(x, y), hp.pearson_r(x, y)
    assert found.value == pytest.approx(float(r), rel=1e-9, abs=1e-13)
    assert found.p_value == pytest.approx(float(hp.p_of_r(r, n - 2)), rel=1e-9)
    low, high = hp.fisher(r, 1 / (n - 3))
    assert (found.ci_low, found.ci_high) == pytest.approx((float(low), float(high)), rel=1e-9, abs=1e-12)
    assert row_correlations(np.stack([x, -x]), y) == pytest.approx(
        [found.value, -found.value], rel=1e-9, abs=1e-13
    )
    (first, *_) = leave_one_out([str(index) for index in range(n)], x, y) if n > 4 else (None,)
    if first is not None:
        assert first.correlation.value == pytest.approx(
            float(hp.pearson_r(x[1:], y[1:])), rel=1e-9, abs=1e-13
        )


@PROPERTY
@given(SEEDS, st.integers(4, 12), st.integers(1, 40))
def test_p_and_interval_keep_their_digits_near_a_perfect_line(seed, n, halvings):
    x, noise = normal(seed, 2, n)
    y = x + np.ldexp(noise, -halvings // 2)
    found, r = pearson(x, y), hp.pearson_r(x, y)
    assume(abs(1 - r) > 1e-13)
    assert found.p_value == pytest.approx(float(hp.p_of_r(r, n - 2)), rel=1e-6)
    low, high = hp.fisher(r, 1 / (n - 3))
    assert 1 - found.ci_low == pytest.approx(float(1 - low), rel=1e-4)
    assert 1 - found.ci_high == pytest.approx(float(1 - high), rel=1e-2, abs=1e-15)


@PROPERTY
@given(SEEDS, st.integers(5, 12), MOVES, MOVES, MOVES)
def test_partial_pearson(seed, n, of_x, of_y, of_z):
    x, y, z = (hp.moved(c, *move) for c, move in zip(normal(seed, 3, n), (of_x, of_y, of_z), strict=True))
    a, b, given_ = (hp.exact(column) for column in (x, y, z))
    ra, rb = hp.residual_of(a, given_), hp.residual_of(b, given_)
    r = hp.digits(hp.dot(ra, rb)) / hp.mpmath.sqrt(hp.digits(hp.dot(ra, ra)) * hp.digits(hp.dot(rb, rb)))
    assume(abs(r) < 0.999)
    found = partial_pearson(x, y, z)
    assert found.value == pytest.approx(float(r), rel=1e-8, abs=1e-11)
    assert found.p_value == pytest.approx(float(hp.p_of_r(r, n - 3)), rel=1e-8)
    assert row_partial_correlations(np.stack([x, -x]), y, z) == pytest.approx(
        [found.value, -found.value], rel=1e-8, abs=1e-11
    )


@PROPERTY
@given(SEEDS, st.integers(5, 12), MOVES, MOVES)
def test_studentised_residuals(seed, n, of_x, of_y):
    x, y = (hp.moved(column, *move) for column, move in zip(normal(seed, 2, n), (of_x, of_y), strict=True))
    expected = [float(value) for value in hp.studentised(x, y)]
    assert studentised_residuals(x, y) == pytest.approx(expected, rel=1e-8, abs=1e-9)
    found = outlier([str(index) for index in range(n)], x, y)
    assert found.p_value == pytest.approx(
        min(1, n * float(hp.two_sided_p(max(map(abs, expected)), n - 3))), rel=1e-7
    )


@PROPERTY
@given(SEEDS, st.integers(4, 12), MOVES)
def test_mean(seed, n, move):
    values = hp.moved(normal(seed, n), *move)
    column = hp.exact(values)
    mean = hp.digits(sum(column) / len(column))
    spread = hp.digits(hp.dot(hp.centred(column), hp.centred(column)))
    error = hp.mpmath.sqrt(spread / (n * (n - 1)))
    found = mean_of(values)
    assert found.value == pytest.approx(float(mean), rel=1e-12)
    assert found.p_value == pytest.approx(float(hp.two_sided_p(mean / error, n - 1)), rel=1e-6, abs=1e-300)
    half = (found.ci_high - found.ci_low) / 2
    t = hp.mpmath.findroot(lambda at: hp.two_sided_p(at, n - 1) - 0.05, 2.5)
    # Beside an offset the ends have the digits that a float leaves them.
    assert half == pytest.approx(float(t * error), rel=1e-3 if abs(move[0]) > 1e10 else 1e-6)


@PROPERTY
@given(SEEDS, st.integers(5, 12), MOVES, MOVES, MOVES)
def test_dependent_correlations(seed, n, of_x, of_y, of_z):
    columns = [hp.moved(c, *move) for c, move in zip(normal(seed, 3, n), (of_x, of_y, of_z), strict=True)]
    first, second, shared = columns
    r1, r2, r12 = hp.pearson_r(first, shared), hp.pearson_r(second, shared), hp.pearson_r(first, second)
    turned = r12 * hp.mpmath.sign(r1) * hp.mpmath.sign(r2)
    assume(abs(r12) < 0.999)
    t = hp.williams_t(abs(r1), abs(r2), turned, n)
    opposite = hp.williams_t(abs(r1), -abs(r2), -turned, n)
    found = compare_dependent(first, second, shared)
    assert found.value == pytest.approx(float(abs(r1) - abs(r2)), rel=1e-8, abs=1e-12)
    assert found.t == pytest.approx(float(t), rel=1e-7, abs=1e-10)
    assert found.p_value == pytest.approx(float(hp.two_sided_p(min(abs(t), abs(opposite)), n - 3)), rel=1e-7)


@PROPERTY
@given(SEEDS, st.integers(4, 6), NEARER_MOVES, NEARER_MOVES)
def test_permutation(seed, n, of_x, of_y):
    x, y = (hp.moved(column, *move) for column, move in zip(normal(seed, 2, n), (of_x, of_y), strict=True))
    assert permutation_pearson(x, y).p_value == pytest.approx(
        hp.share_as_far(hp.exact(x), hp.exact(y)), abs=1e-12
    )


@examples(10)
@given(SEEDS, NEARER_MOVES, NEARER_MOVES)
def test_mantel(seed, of_a, of_b):
    n = 4
    a, b = (hp.moved(matrix, *move) for matrix, move in zip(normal(seed, 2, n, n), (of_a, of_b), strict=True))
    off = ~np.eye(n, dtype=bool)
    found, r = mantel(a, b), hp.pearson_r(a[off], b[off])
    dx = hp.centred(hp.exact(a[off]))
    null = [
        abs(hp.dot(dx, hp.centred(hp.exact(b[np.ix_(order, order)][off]))))
        for order in itertools.permutations(range(n))
    ]
    assert found.value == pytest.approx(float(r), rel=1e-9, abs=1e-13)
    assert found.p_value == pytest.approx(np.mean([value >= null[0] for value in null]), abs=1e-12)


@examples(10)
@given(SEEDS, st.integers(4, 6), MOVES)
def test_attainable_correlations(seed, n, move):
    x, y = normal(seed, 2, n)
    assume(min(np.std(x), np.std(y)) > 1)
    at_home = attainable_correlations(x, y, 0.125, 0.0)
    elsewhere = attainable_correlations(hp.moved(x, *move), y, float(np.ldexp(0.125, move[1])), 0.0)
    # The offset itself rounds the column, by up to 1e-4.
    assert elsewhere.r_inner == pytest.approx(at_home.r_inner, abs=1e-3)
    assert elsewhere.r_outer == pytest.approx(at_home.r_outer, abs=1e-3)


@PROPERTY
@given(SEEDS, st.integers(4, 9), MOVES)
def test_ranks_see_neither_size_nor_offset(seed, n, move):
    x, y = normal(seed, 2, n)
    assert spearman(hp.moved(x, *move), y).p_value == spearman(x, y).p_value


@pytest.mark.parametrize("x", [[5e-324, 1e-323, 1.5e-323, 3e-323], [1.7e308, -1.7e308, 1e308, 0.0]])
def test_the_ends_of_what_a_float_holds(x):
    y = [1.0, 3.0, 2.0, 9.0]
    assert pearson(x, y).value == pytest.approx(float(hp.pearson_r(x, y)), rel=1e-12)
    assert permutation_pearson(x, y).p_value == pytest.approx(hp.share_as_far(hp.exact(x), hp.exact(y)))
