import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import mantel, off_diagonal

from ...property_examples import examples

PROPERTY = examples(15)
SEEDS = st.integers(0, 100_000)


def matrices(seed, n, count=2):
    return np.random.default_rng(seed).normal(size=(count, n, n))


def test_off_diagonal_goes_row_by_row():
    assert off_diagonal([[0, 1, 2], [3, 0, 4], [5, 6, 0]]).tolist() == [1, 2, 3, 4, 5, 6]


@PROPERTY
@given(SEEDS, st.integers(4, 5), st.booleans())
def test_every_relabelling_is_counted(seed, n, rounded):
    a, b = matrices(seed, n)
    if rounded:  # ties
        a, b = np.round(a), np.round(b * 2)
        a[0, 1], b[0, 1] = 9, 7
    r = np.corrcoef(off_diagonal(a), off_diagonal(b))[0, 1]
    null = [
        np.corrcoef(off_diagonal(a), off_diagonal(b[np.ix_(order, order)]))[0, 1]
        for order in itertools.permutations(range(n))
    ]
    found = mantel(a, b)
    assert found.value == pytest.approx(r)
    assert found.p_value == pytest.approx(np.mean(np.abs(null) >= abs(r) - 1e-9))
    assert found.n == n


@PROPERTY
@given(SEEDS, st.floats(0.1, 10), st.floats(-5, 5), st.randoms())
def test_scale_shift_labels_and_diagonals_do_not_matter(seed, scale, shift, random):
    a, b = matrices(seed, 6)
    order = np.ix_(*[random.sample(range(6), 6)] * 2)
    found = mantel(a, b)
    for changed in (
        mantel((scale * a + shift)[order], b[order]),
        mantel(a + np.diag(np.full(6, np.nan)), b),
        mantel(b, a),
        mantel(a.T, b.T),
    ):
        assert (changed.value, changed.p_value) == pytest.approx((found.value, found.p_value))
        assert (changed.ci_low, changed.ci_high) == pytest.approx((found.ci_low, found.ci_high))
    turned = mantel(-a, b)
    assert (turned.value, turned.p_value) == pytest.approx((-found.value, found.p_value))
    assert -1 <= found.ci_low <= found.value <= found.ci_high <= 1


@PROPERTY
@given(SEEDS, st.integers(5, 9))
def test_the_interval_leaves_out_one_object_at_a_time(seed, n):
    a, b = matrices(seed, n)
    kept = [[other for other in range(n) if other != index] for index in range(n)]
    z = np.arctanh([
        np.corrcoef(off_diagonal(a[np.ix_(k, k)]), off_diagonal(b[np.ix_(k, k)]))[0, 1] for k in kept
    ])  # fmt: skip
    found = mantel(a, b, permutations=99)
    half = 1.959964 * math.sqrt((n - 1) * np.var(z))
    assert np.arctanh([found.ci_low, found.ci_high]) == pytest.approx(
        [math.atanh(found.value) - half, math.atanh(found.value) + half], abs=1e-5
    )


def test_entries_of_one_object_are_not_independent():
    """Twelve objects with an effect of their own on each row and column of both matrices, unrelated.

    A test of 132 entries as if each were a unit is wrong in far more than 5% of such pairs; relabelling
    objects is not.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        own = rng.normal(size=(2, 12))
        a, b = own[:, :, None] + own[:, None, :] + rng.normal(size=(2, 12, 12)) / 2
        found.append(mantel(a, b, permutations=199, seed=1).p_value <= 0.05)
    assert np.mean(found) < 0.08


def test_many_objects_are_relabelled_at_random_and_repeatably():
    a, noise = matrices(1, 11)
    found = mantel(a, a + noise, permutations=999, seed=3)
    assert found == mantel(a, a + noise, permutations=999, seed=3)
    assert found.p_value == pytest.approx(1 / 1000)
    unrelated = mantel(a, noise, permutations=999, seed=3)
    assert unrelated.p_value == pytest.approx(mantel(a, noise, permutations=999, seed=4).p_value, abs=0.08)
    assert unrelated.p_value > 0.05


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.eye(5), np.eye(6), r"two square matrices of one size >= 4, got \(5, 5\) and \(6, 6\)"),
        (np.ones((5, 4)), np.ones((5, 4)), "two square matrices"),
        (np.ones(16), np.ones(16), "two square matrices"),
        (1.0, 1.0, "two square matrices"),
        ([["a"] * 4] * 4, np.eye(4), "a: expected numbers"),
        ([[1, 2], [3]], np.eye(4), "a: expected numbers"),
        (matrices(0, 3, 1)[0], matrices(1, 3, 1)[0], "two square matrices of one size >= 4"),
        (np.eye(5), matrices(1, 5, 1)[0], "a: expected values that differ, got a constant column"),
        (matrices(1, 5, 1)[0], np.full((5, 5), np.nan), "b: expected finite numbers, got nan"),
    ],
)
def test_what_is_no_pair_of_matrices(a, b, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        mantel(a, b)


def test_nothing_is_written_to_the_matrices():
    a, b = matrices(2, 6)
    before = a.copy(), b.copy()
    mantel(a, b)
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])
