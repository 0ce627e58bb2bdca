"""What stands beside a registered verdict: power, random effects, single adapters."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.study_data import StudyData
from marker_coupling.analysis.decisions.supplements import achieved_power, cell_effect, random_effects_of
from marker_coupling.analysis.simulation.draws import draw_study
from marker_coupling.analysis.simulation.worlds import WORLDS, Design
from marker_coupling.analysis.study_analysis import analyse_study


def study(**design) -> StudyData:
    return draw_study(WORLDS["plain"], Design(**design), np.random.default_rng(3))


def result(**design):
    drawn = study(**design)
    analysis = analyse_study(drawn, permutations=49, each_base_model=False)
    return analysis.joint["cosine"], categories_of(drawn.categories, len(drawn.personas)), drawn


def test_power_is_near_the_share_of_studies_that_find_the_effect():
    """As simulated with the registered analysis: 84 to 91% at 96 personas and a true r of .3."""
    of_cosine, categories, _ = result(personas=96, true_r=-0.3)
    power = achieved_power(of_cosine, categories, 0.3, 0.025)
    assert 0.75 < power.power < 0.97
    assert power.attenuation == pytest.approx(np.mean([each.attenuation for each in of_cosine.correlations]))
    assert power.needed_personas < 96
    more = achieved_power(*result(personas=192, true_r=-0.3)[:2], 0.3, 0.025)
    assert more.power > power.power


def test_random_effects_are_those_of_statsmodels():
    """Where neither finds variance between base models: else the two estimate it in other ways."""
    of_cosine, _, _ = result(personas=144, true_r=-0.5)
    found = random_effects_of(of_cosine)
    alone = [joint_correlation([each]) for each in of_cosine.correlations]
    z, variances = np.array([each.z for each in alone]), np.array([each.standard_error**2 for each in alone])
    expected = combine_effects(z, variances, method_re="dl")
    assert (found.between_variance, found.i2) == (0, 0)
    assert expected.tau2 <= 0
    assert found.q == pytest.approx(expected.q, rel=1e-6)
    half = stats.t.ppf(0.975, 2) * expected.sd_eff_w_fe_hksj  # Hartung and Knapp's error
    shown = expected.mean_effect_fe, expected.mean_effect_fe - half, expected.mean_effect_fe + half
    assert (found.estimate, found.low, found.high) == pytest.approx(tuple(np.tanh(shown)), rel=1e-6)
    assert (found.prediction_low, found.prediction_high) == pytest.approx((found.low, found.high))


def test_one_base_model_has_no_random_effects():
    of_cosine, _, _ = result(personas=48, base_models=1)
    assert random_effects_of(of_cosine) is None


def test_single_adapters_confirm_a_planted_effect_and_not_a_missing_one():
    for true_r, there in ((-0.8, True), (0.0, False)):
        drawn = study(personas=64, seeds=3, true_r=true_r, base_models=1)
        (data,) = drawn.base_models
        effect = cell_effect(data, categories_of(drawn.categories, 64))
        assert effect.base_model == "model-1"
        assert (effect.high < 0) == there
        assert (effect.p < 0.05) == there
