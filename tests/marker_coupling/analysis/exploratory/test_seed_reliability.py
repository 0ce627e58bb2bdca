"""Reliability of the mean over seeds, jointly over base models."""

import numpy as np
import pytest

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.exploratory.seed_reliability import seed_reliability
from marker_coupling.analysis.models.intraclass import intraclass_correlation


def scores(seed, n=96, intraclass=0.4, base_models=2):
    """Scores of personas in pairs, whose effects base models share in part; and their categories."""
    generator = np.random.default_rng(seed)
    common = np.repeat(generator.normal(size=n // 2), 2)
    found = []
    for _ in range(base_models):
        persona = (common + generator.normal(size=n)) / np.sqrt(2)
        noise = generator.normal(size=(n, 5))
        found.append(np.sqrt(intraclass) * persona[:, None] + np.sqrt(1 - intraclass) * noise)
    return found, categories_of(list(np.arange(n) // 2), n)


def test_of_one_base_model_and_normal_scores_it_is_the_interval_by_f():
    generator = np.random.default_rng(3)
    cells = generator.normal(size=(600, 1)) + generator.normal(size=(600, 5))
    found, expected = seed_reliability([cells], categories_of(None, 600)), intraclass_correlation(cells)
    assert found.value == pytest.approx(expected.mean)
    assert (found.low, found.high) == pytest.approx((expected.mean_low, expected.mean_high), abs=0.006)


def test_intervals_cover_where_like_personas_couple_alike():
    truth = 5 * 0.4 / (1 + 4 * 0.4)
    found = [seed_reliability(*scores(seed, n=48)) for seed in range(100)]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert covered >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)


@pytest.mark.parametrize(("intraclass", "reliable"), [(0.7, True), (0.1, False)])
def test_repeatable_and_chance_couplings_are_told_apart(intraclass, reliable):
    found = seed_reliability(*scores(0, intraclass=intraclass))
    assert found.low > 0.7 if reliable else found.high < 0.7


def test_a_seeds_own_effect_does_not_count():
    bodies, categories = scores(1)
    moved = [body + 10 * np.arange(5) for body in bodies]
    assert seed_reliability(moved, categories).value == pytest.approx(
        seed_reliability(bodies, categories).value
    )


def test_scores_without_error_or_with_one_seed_are_refused():
    categories = categories_of(None, 8)
    with pytest.raises(AnalysisError, match="expected seeds that differ"):
        seed_reliability([np.arange(8.0)[:, None] * np.ones(3)], categories)
    with pytest.raises(AnalysisError, match="at least two personas and two seeds"):
        seed_reliability([np.ones((8, 1))], categories)
