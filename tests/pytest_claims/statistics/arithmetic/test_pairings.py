"""Which pairings tie with the observed one, beside outliers, offsets and numbers that are no binary fractions."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics import mantel, permutation_histogram, permutation_pearson, permutation_spearman
from pytest_claims.statistics.arithmetic.pairings import all_pairings, p_of_ranks

from ....property_examples import examples
from .. import high_precision as hp

SMALL = st.integers(4, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(-9, 9), min_size=n, max_size=n)] * 2)
).filter(lambda pair: all(len(set(column)) > 1 for column in pair))  # fmt: skip
OUTLIERS = st.sampled_from([0, 10**3, 10**6, -(10**6), 10**9])
UNITS = st.sampled_from([1.0, 0.1, 1 / 3, 2**-500, 1e100])


@examples(40)
@given(SMALL, OUTLIERS, OUTLIERS, UNITS, UNITS)
def test_an_outlier_makes_no_ties_and_hides_none(pair, of_x, of_y, unit_x, unit_y):
    x, y = (list(column) for column in pair)
    x[0], y[-1] = x[0] + of_x, y[-1] + of_y
    expected = hp.share_as_far(list(map(Fraction, x)), list(map(Fraction, y)))
    found = permutation_pearson(np.array(x) * unit_x, np.array(y) * unit_y)
    assert found.p_value == pytest.approx(expected, abs=1e-12)


@examples(40)
@given(SMALL, st.sampled_from([10**6, 10**9]), st.sampled_from([1, -1]))
def test_two_outliers_that_stay_together_leave_the_others_to_decide(pair, size, sign):
    x, y = (list(column) for column in pair)
    x[0], y[0] = x[0] + size, y[0] + sign * size
    expected = hp.share_as_far(list(map(Fraction, x)), list(map(Fraction, y)))
    assert permutation_pearson(np.array(x) / 10, np.array(y) / 10).p_value == pytest.approx(
        expected, abs=1e-12
    )


def test_one_outlier_of_a_million():
    """Coefficients that differ by less than 1e-9 are no ties here."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 7))
    x[0], y[0] = 1e6, 1e6
    expected = hp.share_as_far(hp.exact(x), hp.exact(y))
    assert permutation_pearson(x, y).p_value == pytest.approx(expected, abs=1e-12)
    assert expected < 1 / 7 - 1e-3  # one in seven: all pairings in which the two meet


@examples(15)
@given(SMALL, st.sampled_from([0.1, 1 / 3, 1e5]), st.sampled_from([0.0, 1e4, -1e6]))
def test_equal_sums_tie_whatever_unit_and_offset_the_columns_have(pair, unit, offset):
    x, y = pair
    expected = hp.share_as_far(list(map(Fraction, x)), list(map(Fraction, y)))
    moved = np.array(x) * unit + offset
    assert permutation_pearson(moved, np.array(y) * 0.7).p_value == pytest.approx(expected, abs=1e-12)


@examples(20)
@given(SMALL, st.randoms())
def test_order_side_and_sign_do_not_matter(pair, random):
    x, y = (np.array(column) * 0.1 for column in pair)
    order = random.sample(range(x.size), x.size)
    for statistic in (permutation_pearson, permutation_spearman):
        p = statistic(x, y).p_value
        for changed in ((y, x), (-x, y), (x, -y), (x[order], y[order])):
            assert statistic(*changed).p_value == pytest.approx(p, abs=1e-12)


@examples(15)
@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=6), st.lists(st.integers(0, 2), min_size=6, max_size=6)
)
def test_every_pairing_is_there_once_for_each_way(x, y):
    x, y = np.array(x), np.array(y[: len(x)])
    found = {}
    for block in all_pairings(x, y):
        orders = block.orders(np.ones(block.sums.shape, dtype=bool))
        assert (y[orders] @ x == block.sums.ravel()).all()
        for total in block.sums.ravel().tolist():
            found[total] = found.get(total, 0) + block.ways
    expected = {}
    for order in itertools.permutations(y.tolist()):
        total = int(np.dot(order, x))
        expected[total] = expected.get(total, 0) + 1
    assert found == expected
    assert sum(found.values()) == math.factorial(x.size)


def test_equal_values_weigh_as_much_in_the_histogram():
    x, y = np.array([1.0, 2, 3, 4, 5, 7]), np.array([0.0, 0, 0, 1, 1, 2])
    shares, edges = permutation_histogram(x, y)
    r = [np.corrcoef(x, order)[0, 1] for order in itertools.permutations(y)]
    assert shares == pytest.approx(np.histogram(r, edges)[0] / len(r), abs=0.02)
    assert shares @ ((edges[:-1] + edges[1:]) / 2) ** 2 == pytest.approx(1 / 5, abs=0.01)


@examples(10)
@given(st.lists(st.integers(0, 4), min_size=24, max_size=24), st.sampled_from([0, 10**6, 10**9]))
def test_relabellings_tie_and_outliers_make_no_ties(entries, outlier):
    off = ~np.eye(4, dtype=bool)
    a, b = np.zeros((2, 4, 4))
    a[off], b[off] = entries[:12], entries[12:]
    a[0, 1], b[2, 3] = 5 + outlier, 5 + outlier
    dx = hp.centred([Fraction(value) for value in a[off].tolist()])
    null = [
        abs(hp.dot(dx, hp.centred([Fraction(value) for value in b[np.ix_(order, order)][off].tolist()])))
        for order in itertools.permutations(range(4))
    ]
    share = np.mean([value >= null[0] for value in null])
    assert mantel(a * 0.1, b / 3).p_value == pytest.approx(share, abs=1e-12)


def test_mantel_of_very_large_numbers():
    """Sums of squares would overflow beyond 1e154; p stays what it is."""
    a, b = np.random.default_rng(7).normal(size=(2, 5, 5))
    for scale in (1e155, 1e200, 1e307, 1e-200):
        assert mantel(scale * a, b) == mantel(a, b) or mantel(scale * a, b).p_value == mantel(a, b).p_value


PAIRS = st.integers(4, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
)


@examples(25)
@given(PAIRS)
def test_p_is_the_share_of_pairings_as_far_from_nought(pair):
    first, second = (scipy.stats.rankdata(column) for column in pair)
    a, b = ([Fraction(float(rank)) for rank in ranks] for ranks in (first, second))
    centre = sum(a) * sum(b) / len(a)
    sums = [
        abs(sum(x * y for x, y in zip(a, order, strict=True)) - centre) for order in itertools.permutations(b)
    ]
    expected = sum(value >= sums[0] for value in sums) / len(sums)
    assert p_of_ranks(first, second) == pytest.approx(expected, abs=1e-12)
    assert p_of_ranks(second, first) == p_of_ranks(first, second)


@pytest.mark.parametrize(("n", "p"), [(4, 2 / 24), (5, 2 / 120), (7, 2 / 5040), (9, 2 / 362_880)])
def test_ranks_in_one_order_have_the_least_p(n, p):
    ranks = np.arange(1.0, n + 1)
    assert p_of_ranks(ranks, ranks) == pytest.approx(p, rel=1e-12)
    assert p_of_ranks(ranks, ranks[::-1]) == pytest.approx(p, rel=1e-12)
