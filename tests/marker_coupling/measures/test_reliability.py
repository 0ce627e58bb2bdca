"""Reliability with an interval over wordings: its parts by hand, and its coverage by simulation."""

import itertools

import numpy as np
import pytest
import scipy.stats

from marker_coupling.measures.reliability import between_wordings, reliability_over_wordings


def test_the_interval_is_made_of_wordings_left_out_and_questions_drawn_again():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=10) + 0.4 * generator.normal(size=(5, 10))
    resampled = scores + 0.1 * generator.normal(size=(40, 5, 10))

    def z(rows):
        pairs = itertools.combinations(rows, 2)
        return np.arctanh(np.mean([scipy.stats.pearsonr(a, b).statistic for a, b in pairs]))

    left_out = [z(np.delete(scores, index, axis=0)) for index in range(5)]
    jackknife = 4 / 5 * np.square(np.array(left_out) - np.mean(left_out)).sum()
    variance = jackknife + np.var([z(rows) for rows in resampled], ddof=1)
    found = reliability_over_wordings(scores, resampled)
    expected = np.tanh(scipy.stats.t.interval(0.95, 4, loc=z(scores), scale=np.sqrt(variance)))
    assert (found.low, found.high) == pytest.approx(tuple(expected))
    assert found.value == pytest.approx(between_wordings(scores))


@pytest.mark.parametrize(("wordings", "personas", "true"), [(3, 10, 0.8), (5, 10, 0.8), (5, 48, 0.9)])
def test_other_wordings_of_the_kind_are_allowed_for(wordings, personas, true):
    """The true reliability is that of wordings without number, for these personas; questions add little."""
    generator = np.random.default_rng(1)
    too_high = too_low = 0
    for run in range(600):
        if run % 30 == 0:
            common = np.sqrt(true) * generator.normal(size=personas)
            many = common + np.sqrt(1 - true) * generator.normal(size=(600, personas))
            reliability = between_wordings(many)
        scores = common + np.sqrt(1 - true) * generator.normal(size=(wordings, personas))
        found = reliability_over_wordings(scores, scores + 0.02 * generator.normal(size=(20, *scores.shape)))
        too_high += found.low > reliability
        too_low += found.high < reliability
    for missed in (too_high, too_low):
        assert scipy.stats.binom.sf(missed - 1, 600, 0.025) > 1e-4, missed


def test_two_wordings_do_not_show_how_much_depends_on_their_choice():
    with pytest.raises(ValueError, match="at least three, got 2"):
        reliability_over_wordings(np.eye(2, 5), np.ones((4, 2, 5)))
