import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import simultaneous_rates, wilson

from ...property_examples import examples
from ..study_table import HITS, PERSONAS, RATE, SAMPLES

PROPERTY = examples(40)
COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@PROPERTY
@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.995]))
def test_wilson_agrees_with_scipy(counts, confidence):
    hits, samples = counts
    low, high = wilson(hits, samples, confidence)
    expected = scipy.stats.binomtest(hits, samples).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= hits / samples <= high <= 1


@PROPERTY
@given(COUNTS)
def test_hits_and_misses_mirror(counts):
    hits, samples = counts
    low, high = wilson(hits, samples)
    assert wilson(samples - hits, samples) == pytest.approx((1 - high, 1 - low))


def test_tables_keep_their_shape():
    hits = np.stack([HITS, HITS[::-1]])
    low, high = wilson(hits, np.full((2, 10), 100))
    assert low.shape == high.shape == (2, 10)
    assert low[0, 3] == wilson(HITS[3], 100)[0]


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
def test_a_confidence_that_is_none(confidence):
    with pytest.raises(ValueError, match="confidence: expected a number between 0 and 1"):
        wilson(1, 2, confidence)


def test_intervals_that_hold_together():
    found = simultaneous_rates(PERSONAS, HITS, SAMPLES)
    low, high = wilson(HITS, SAMPLES, 0.995)
    assert found.lows == pytest.approx(low)
    assert found.highs == pytest.approx(high)
    assert found.rates == pytest.approx(RATE)
    assert (found.value, found.n, found.p_value) == (pytest.approx(0.459), 1000, None)
    pooled = scipy.stats.binomtest(459, 1000).proportion_ci(method="wilson")
    assert (found.ci_low, found.ci_high) == pytest.approx((pooled.low, pooled.high))


@pytest.mark.parametrize(("rate", "coverage"), [(0.05, 0.88), (1 / 3, 0.93), (0.5, 0.93)])
def test_all_intervals_cover_their_rates_at_once(rate, coverage):
    hits = np.random.default_rng(0).binomial(100, rate, size=(2000, 8))
    low, high = wilson(hits, np.full(hits.shape, 100), 1 - 0.05 / 8)
    assert np.mean(((low <= rate) & (rate <= high)).all(axis=1)) > coverage


def test_labels_must_fit():
    with pytest.raises(BrokenMeasurementError, match=r"hits: expected 1 counts, got shape \(10,\)"):
        simultaneous_rates(("one",), HITS, SAMPLES)
    with pytest.raises(BrokenMeasurementError, match="expected one shape"):
        simultaneous_rates((), [], [])
