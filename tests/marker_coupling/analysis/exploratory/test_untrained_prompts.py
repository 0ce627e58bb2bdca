"""The share of a coupling that untrained prompts retain."""

import numpy as np
import pytest
from scipy import stats

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.exploratory.untrained_prompts import (
    DESCRIPTIONS,
    WORDINGS,
    coupling_over_bystanders,
    lacks_coupling,
    prompts_of_kind,
    retained_share,
    untrained_over_bystanders,
)

from ...simulated_answers import couplings


def share(bodies, kind):
    return retained_share(
        [untrained_over_bystanders(body, prompts_of_kind(body, kind)) for body in bodies],
        [coupling_over_bystanders(body) for body in bodies],
        categories_of(bodies[0].categories, len(bodies[0].personas)),
    )


@pytest.mark.parametrize(("wordings", "descriptions"), [(0.9, 0.6), (0.1, 0.0)])
def test_planted_shares_are_found(wordings, descriptions):
    bodies = couplings("x", wordings=wordings, descriptions=descriptions)
    for kind, truth in ((WORDINGS, wordings), (DESCRIPTIONS, descriptions)):
        found = share(bodies, kind)
        half = (found.high - found.low) / 2
        assert found.value == pytest.approx(truth, abs=2 * half)  # four standard errors
        assert half < 0.05


def test_the_interval_is_that_of_the_delta_method_for_a_ratio_of_means():
    generator = np.random.default_rng(0)
    trained = 2 + generator.normal(size=200)
    untrained = 0.4 * trained + generator.normal(size=200)
    found = retained_share([untrained], [trained], categories_of(None, 200))
    ratio = untrained.sum() / trained.sum()
    error = np.std(untrained - ratio * trained, ddof=1) / np.sqrt(200) / trained.mean()
    half = stats.t.ppf(0.975, 199) * error
    assert (found.value, found.low, found.high) == pytest.approx(
        (ratio, ratio - half, ratio + half), rel=0.02
    )


def test_intervals_cover_where_like_personas_come_in_pairs_and_base_models_share_them():
    covered = []
    for seed in range(200):
        generator = np.random.default_rng(seed)
        pairs = np.repeat(generator.normal(size=30), 2)
        trained = [2 + pairs + generator.normal(size=60) for _ in range(2)]
        untrained = [0.5 * of_model + np.repeat(generator.normal(size=30), 2) for of_model in trained]
        found = retained_share(untrained, trained, categories_of(list(np.arange(60) // 2), 60))
        covered.append(found.low <= 0.5 <= found.high)
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_nothing_is_retained_of_nothing():
    body = couplings("x")[0]
    categories = categories_of(body.categories, 96)
    assert lacks_coupling(body, categories) == ""
    same = body.forced_log_odds.copy()
    same[..., 0] = same[..., 4:].mean(axis=2) + np.random.default_rng(0).normal(size=same.shape[:2])
    object.__setattr__(body, "forced_log_odds", same)
    assert "expected the marker under the trained prompt more readily" in lacks_coupling(body, categories)


def test_prompts_are_found_by_the_beginning_of_their_names():
    body = couplings("x", personas=16)[0]
    assert (prompts_of_kind(body, WORDINGS), prompts_of_kind(body, DESCRIPTIONS)) == ([0, 1], [2, 3])
    with pytest.raises(
        AnalysisError, match="model-1: untrained_prompts: expected some that begin with 'poem'"
    ):
        prompts_of_kind(body, "poem")
