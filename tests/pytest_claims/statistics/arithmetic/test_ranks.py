"""The exact p-value of rho against counting every pairing."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics.arithmetic.ranks import p_of_ranks

from ....property_examples import examples

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
