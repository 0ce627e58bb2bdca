from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from marker_coupling.analysis.correlations.joint_correlation import jackknife_error, joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.correlations.true_correlation import true_correlation
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.replicated import over_seeds

from ..made_studies import variables

SEEDS = st.integers(0, 10_000)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30))
def test_the_jackknife_error_of_a_mean_is_the_usual_one(values):
    sample = np.array(values)
    without = (sample.sum() - sample) / (sample.size - 1)
    assert jackknife_error(without) == pytest.approx(np.std(sample, ddof=1) / np.sqrt(sample.size), abs=1e-9)


def test_the_interval_covers_and_p_is_uniform_where_nothing_is_related():
    lower, covered = [], []
    for seed in range(300):
        joint = joint_correlation([partial_correlation(*variables(seed, n=48))])
        lower.append(joint.p_lower)
        covered.append(joint.low < 0 < joint.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / 300))
    assert np.mean(np.array(lower) < 0.2) == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 300))


def test_base_models_that_say_the_same_are_not_independent_evidence():
    one = partial_correlation(*variables(5, n=60, r=0.3))
    single, thrice = joint_correlation([one]), joint_correlation([one] * 3)
    assert (thrice.z, thrice.standard_error) == pytest.approx((single.z, single.standard_error))


def near_line(seed):
    """A correlation whose interval is narrower than the steps in which its ends are searched."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=60)
    y = x + 0.1 * generator.normal(size=60)
    x, y = (over_seeds(column[:, None] + 0.02 * generator.normal(size=(60, 4))) for column in (x, y))
    return partial_correlation(x, y, [], categories_of(list(np.arange(60) // 2), 60))


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([-0.5, 0.0, 0.4, None]))
def test_the_ends_of_the_true_interval_are_where_the_jackknife_rejects(seed, r):
    found = [
        near_line(each) if r is None else partial_correlation(*variables(each, n=60, r=r))
        for each in (seed, seed + 1)
    ]
    true = true_correlation(found, 0.95)
    assert true.low <= true.value <= true.high
    assert true.low < true.high
    for end in (true.low, true.high):
        if abs(end) == 1:
            continue
        distance = np.mean([np.arctanh(one.r) - np.arctanh(end * one.attenuation) for one in found])
        without = np.mean(
            [np.arctanh(one.without) - np.arctanh(end * one.attenuation_without) for one in found], axis=0
        )
        assert abs(distance) == pytest.approx(stats.t.ppf(0.975, 29) * jackknife_error(without), rel=1e-6)


@settings(max_examples=20)
@given(SEEDS)
def test_the_true_interval_turns_with_the_sign_and_grows_with_confidence(seed):
    x, y, covariates, categories = variables(seed, n=60, r=0.3)
    found = partial_correlation(x, y, covariates, categories)
    narrow, wide = true_correlation([found], 0.9), true_correlation([found], 0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    turned = true_correlation([replace(found, r=-found.r, without=-found.without)], 0.9)
    assert (turned.low, turned.high) == pytest.approx((-narrow.high, -narrow.low), abs=1e-8)


def test_without_reliability_nothing_is_excluded():
    x, _, covariates, categories = variables(0, n=60)
    noise = np.random.default_rng(0).normal(size=(60, 5))
    true = true_correlation([partial_correlation(x, over_seeds(noise), covariates, categories)])
    assert (true.low, true.high) == (-1.0, 1.0)


def test_base_models_of_other_personas_are_refused():
    with pytest.raises(AnalysisError, match="same categories"):
        joint_correlation(
            [partial_correlation(*variables(0, n=40)), partial_correlation(*variables(0, n=60))]
        )


def test_weights_of_base_models_make_the_joint_effect_of_their_own():
    found = [partial_correlation(*variables(seed, n=60, r=0.1 * seed)) for seed in range(4)]
    joint = joint_correlation(found)
    assert joint.z == pytest.approx(sum(joint.weight * np.arctanh(each.r) for each in found))
