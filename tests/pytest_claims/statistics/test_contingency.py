import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import rate_heterogeneity

from ...property_examples import examples
from ..study_table import HITS, RATE, SAMPLES

PROPERTY = examples(40)
TABLES = st.lists(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=8
).map(np.transpose).filter(lambda table: 0 < table[0].sum() < table[1].sum())  # fmt: skip


def test_the_published_rates_differ():
    found = rate_heterogeneity(HITS, SAMPLES)
    assert found.value == pytest.approx(68, abs=0.5)
    assert (found.degrees_of_freedom, found.n) == (9, 1000)
    assert found.cramers_v == pytest.approx(0.26, abs=5e-3)
    assert "V = 0.26 [0.18, 0.31]" in found.detail
    assert "approximate" not in found.detail
    for limit, probability in ((found.v_low, 0.975), (found.v_high, 0.025)):
        assert scipy.stats.ncx2.cdf(found.value, 9, limit**2 * 1000) == pytest.approx(probability, abs=1e-6)


@PROPERTY
@given(TABLES)
def test_chi_square_agrees_with_scipy(table):
    hits, samples = table
    found = rate_heterogeneity(hits, samples)
    expected = scipy.stats.chi2_contingency([hits, samples - hits], correction=False)
    assert found.value == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    v = scipy.stats.contingency.association([hits, samples - hits], method="cramer")
    assert found.cramers_v == pytest.approx(v, abs=1e-6)
    assert ("approximate" in found.detail) == (expected.expected_freq.min() < 5 - 1e-9)


@PROPERTY
@given(TABLES, st.randoms())
def test_order_and_which_outcome_is_a_hit_do_not_matter(table, random):
    hits, samples = table
    order = random.sample(range(len(hits)), len(hits))
    found = rate_heterogeneity(hits, samples)
    for changed in (
        rate_heterogeneity(hits[order], samples[order]),
        rate_heterogeneity(samples - hits, samples),
    ):
        assert (changed.value, changed.v_high) == pytest.approx((found.value, found.v_high), abs=1e-9)
    assert 0 <= found.v_low <= found.v_high <= 1
    assert found.v_low <= found.cramers_v <= 1 + 1e-9
    assert 0 <= found.p_value <= 1


def test_rates_more_alike_than_chance_makes_them_leave_no_room_for_an_effect():
    """V itself is biased upwards; its interval is that of the true effect, here none."""
    found = rate_heterogeneity([24, 25, 25, 24, 25, 25, 25, 25], [50] * 8)
    assert (found.v_low, found.v_high) == (0, 0)
    assert 0 < found.cramers_v < 0.02


def test_the_interval_covers_the_true_effect():
    true = RATE
    v = np.sqrt(((true - true.mean()) ** 2).mean() / (true.mean() * (1 - true.mean())))
    covered = 0
    for hits in np.random.default_rng(0).binomial(100, true, size=(1000, 10)):
        found = rate_heterogeneity(hits, SAMPLES)
        covered += found.v_low <= v <= found.v_high
    assert 0.93 < covered / 1000 < 0.98


def test_an_expected_count_of_five_is_not_below_five():
    assert "approximate" not in rate_heterogeneity([33, 43], [43, 43]).detail  # 5 misses expected in each
    assert "smallest expected count 4.5" in rate_heterogeneity([34, 43], [43, 43]).detail


@pytest.mark.parametrize(
    ("hits", "samples", "message"),
    [
        ([1], [2], "at least two rates, got 1"),
        ([[1, 2], [3, 4]], [[5, 5], [5, 5]], "at least two rates"),
        ([0, 0], [5, 5], "some hits and some misses"),
        ([5, 5], [5, 5], "some hits and some misses"),
    ],
)
def test_counts_that_cannot_differ(hits, samples, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        rate_heterogeneity(hits, samples)


def test_the_interval_of_very_many_samples():
    """Where the noncentral chi-square is out of reach, its root's normal distribution serves."""
    many, fewer = (rate_heterogeneity([5 * n, 9 * n], [10 * n, 10 * n]) for n in (10**11, 10**7))
    assert many.v_low < many.cramers_v < many.v_high
    assert (many.v_high - many.v_low) * 100 == pytest.approx(fewer.v_high - fewer.v_low, rel=0.01)
