import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import clopper_pearson, log_odds, simultaneous_rates, wilson

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


@PROPERTY
@given(COUNTS)
def test_log_odds_are_those_of_a_rate_with_half_a_sample_more_on_either_side(counts):
    hits, samples = counts
    assert log_odds(hits, samples) == pytest.approx(scipy.special.logit((hits + 0.5) / (samples + 1)))
    assert log_odds(samples - hits, samples) == pytest.approx(-log_odds(hits, samples))


def test_tables_keep_their_shape():
    hits = np.stack([HITS, HITS[::-1]])
    low, high = wilson(hits, np.full((2, 10), 100))
    assert low.shape == high.shape == (2, 10)
    assert low[0, 3] == wilson(HITS[3], 100)[0]


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_a_confidence_that_is_none(interval, confidence):
    with pytest.raises(ValueError, match="confidence: expected a number between 0 and 1"):
        interval(1, 2, confidence)


def test_intervals_that_hold_together():
    found = simultaneous_rates(PERSONAS, HITS, SAMPLES)
    for hits, low, high in zip(HITS, found.lows, found.highs, strict=True):
        expected = scipy.stats.binomtest(int(hits), 100).proportion_ci(0.995, method="exact")
        assert (low, high) == pytest.approx((expected.low, expected.high))
    assert found.rates == pytest.approx(RATE)
    assert (found.value, found.n, found.p_value) == (pytest.approx(0.459), 1000, None)
    assert found.samples == (100,) * 10
    pooled = scipy.stats.binomtest(459, 1000).proportion_ci(method="exact")
    assert (found.ci_low, found.ci_high) == pytest.approx((pooled.low, pooled.high))


def coverage(interval, samples, rates):
    """The chance that an interval holds the true rate, for each rate: summed over all counts."""
    counts = np.arange(samples + 1)
    low, high = interval(counts, np.full(counts.shape, samples))
    holds = (low <= rates[:, None]) & (rates[:, None] <= high)
    return (scipy.stats.binom.pmf(counts, samples, rates[:, None]) * holds).sum(axis=1)


@pytest.mark.parametrize("samples", [5, 20, 100, 400])
def test_exact_intervals_hold_the_rate_as_often_as_they_promise(samples):
    rates = np.concatenate(
        [np.linspace(0, 1, 301), 1 - np.geomspace(1e-6, 0.1, 200), np.geomspace(1e-6, 0.1, 200)]
    )
    assert coverage(clopper_pearson, samples, rates).min() >= 0.95
    assert coverage(wilson, samples, rates).min() < 0.85


@pytest.mark.parametrize("rate", [0.001, 0.02, 1 / 3, 0.98, 0.9985])
def test_all_intervals_hold_their_rates_at_once(rate):
    """Eight rates of 100 samples each, exactly: the intervals of independent rates hold together."""
    together = coverage(lambda *counts: clopper_pearson(*counts, 1 - 0.05 / 8), 100, np.array([rate]))[0] ** 8
    assert together >= 0.95


@PROPERTY
@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.995]))
def test_the_exact_interval_agrees_with_scipy(counts, confidence):
    hits, samples = counts
    low, high = clopper_pearson(hits, samples, confidence)
    expected = scipy.stats.binomtest(hits, samples).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= hits / samples <= high <= 1
    assert clopper_pearson(samples - hits, samples, confidence) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize("samples", [10**9, 2**53])
def test_exact_intervals_of_very_many_samples(samples):
    for hits in (0, 1, samples // 3, samples - 1, samples):
        low, high = clopper_pearson(hits, samples)
        assert 0 <= low <= hits / samples <= high <= 1
        assert high - low <= 4 / np.sqrt(samples)


def test_labels_must_fit():
    with pytest.raises(BrokenMeasurementError, match=r"hits: expected 1 counts, got shape \(10,\)"):
        simultaneous_rates(("one",), HITS, SAMPLES)
    with pytest.raises(BrokenMeasurementError, match="expected one shape"):
        simultaneous_rates((), [], [])
