import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import rank_separation

from ...property_examples import examples
from ..study_table import COSINE, RATE

PROPERTY = examples(40)
SEEDS = st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("k", "which", "sign", "p", "detail"),
    [
        (5, "highest", "negative", 6 / 252, "5 of 5, where 6 of all 10 are negative"),
        (4, "lowest", "positive", 1 / 210, "4 of 4, where 4 of all 10 are positive"),
    ],
)
def test_the_published_separations(k, which, sign, p, detail):
    found = rank_separation(COSINE, RATE, k=k, which=which, sign=sign)
    assert (found.value, found.n, found.detail) == (1, 10, detail)
    assert found.p_value == pytest.approx(p, rel=1e-12)
    assert found.p_opposite == 1
    expected = scipy.stats.binomtest(k, k).proportion_ci(method="wilson")
    assert (found.ci_low, found.ci_high) == pytest.approx((expected.low, 1))


@PROPERTY
@given(SEEDS, st.integers(4, 12), st.data())
def test_the_p_value_is_hypergeometric(seed, n, data):
    score, rate = np.random.default_rng(seed).normal(size=(2, n))
    k = data.draw(st.integers(1, n - 1))
    found = rank_separation(score, rate, k=k, which="highest", sign="negative")
    observed = int((score[np.argsort(-rate)[:k]] < 0).sum())
    chance = scipy.stats.hypergeom(n, int((score < 0).sum()), k)
    assert found.value == observed / k
    assert found.p_value == pytest.approx(chance.sf(observed - 1))
    assert found.p_opposite == pytest.approx(chance.cdf(observed))


@PROPERTY
@given(SEEDS, st.integers(4, 12), st.floats(0.1, 10), st.floats(-5, 5), st.data())
def test_mirrors_scale_and_order_do_not_matter(seed, n, scale, shift, data):
    score, rate = np.random.default_rng(seed).integers(-3, 4, size=(2, n)).astype(float)
    score[0], score[1], rate[0], rate[1] = -1, 1, 4, -4
    k = data.draw(st.integers(1, n - 1))
    order = data.draw(st.permutations(range(n)))
    found = rank_separation(score, rate, k=k, which="highest", sign="negative")
    mirrored = rank_separation(-score, -rate, k=k, which="lowest", sign="positive")
    moved = rank_separation(
        scale * score[order], scale * rate[order] + shift, k=k, which="highest", sign="negative"
    )
    for changed in (mirrored, moved):
        assert (changed.value, changed.p_value, changed.p_opposite) == (
            found.value, found.p_value, found.p_opposite
        )  # fmt: skip
    assert 0 < found.p_value <= 1
    assert 0 < found.p_opposite <= 1


def test_ties_at_the_edge_help_neither_verdict():
    score = np.array([-1.0, -1, 1, 1, 1])
    rate = np.array([2.0, 1, 1, 0, 0])  # the second place is shared by one unit of each sign
    found = rank_separation(score, rate, k=2, which="highest", sign="negative")
    chance = scipy.stats.hypergeom(5, 2, 2)
    assert found.value == 1 / 2
    assert found.p_value == pytest.approx(chance.sf(0))  # at least the one that is certain
    assert found.p_opposite == pytest.approx(chance.cdf(2))  # at most the two that are possible


def test_zero_has_neither_sign():
    score, rate = np.array([0.0, -1, 1, 2, 3]), np.array([9.0, 8, 3, 2, 1])
    assert rank_separation(score, rate, k=2, which="highest", sign="negative").value == 1 / 2
    assert rank_separation(score, rate, k=2, which="highest", sign="positive").value == 0


@pytest.mark.parametrize("k", [0, 10, 11, -1])
def test_a_group_of_none_or_all_is_refused(k):
    with pytest.raises(BrokenMeasurementError, match=f"group of 1 to 9 units out of 10, got {k}"):
        rank_separation(COSINE, RATE, k=k, which="highest", sign="negative")
