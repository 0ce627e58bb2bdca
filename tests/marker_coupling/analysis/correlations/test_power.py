import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.correlations.power import (
    correlation_between_models,
    needed_personas,
    personas_for_smallest_effect,
    power_of_joint_test,
)
from marker_coupling.analysis.data.arrays import AnalysisError

from ..made_studies import variables


def test_one_base_model_without_covariates_is_fishers_test():
    expected = stats.norm.sf(stats.norm.isf(0.025) - np.arctanh(0.3) * np.sqrt(200 - 3))
    found = power_of_joint_test(-0.3, 200, covariates=0, category_size=0.002)
    assert found == pytest.approx(expected, abs=1e-3)


def test_power_is_what_simulated_studies_find():
    found = []
    for seed in range(400):
        x, y, covariates, categories = variables(seed, n=80, r=0.35, error=0.1)
        found.append(joint_correlation([partial_correlation(x, y, covariates, categories)]))
    truth = np.tanh(np.mean([one.z for one in found]))
    expected = power_of_joint_test(truth, 80, covariates=2)
    share = np.mean([one.p_upper <= 0.025 for one in found])
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 400) + 0.03)


@given(st.floats(0.1, 0.6), st.floats(0.5, 1), st.integers(1, 3), st.floats(0, 1))
def test_needed_personas_are_the_fewest(effect, attenuation, base_models, between):
    design = {"attenuation": attenuation, "base_models": base_models, "between_models": between}
    needed = needed_personas(effect, 0.8, **design)
    assert power_of_joint_test(effect, needed, **design) >= 0.8
    if needed > 10:
        assert power_of_joint_test(effect, needed - 1, **design) < 0.8
    assert power_of_joint_test(effect, needed, **design) == power_of_joint_test(-effect, needed, **design)


def test_base_models_that_say_the_same_add_nothing():
    same = power_of_joint_test(0.3, 96, base_models=3, between_models=1.0)
    assert same == pytest.approx(power_of_joint_test(0.3, 96))
    assert power_of_joint_test(0.3, 96, base_models=3, between_models=0.2) > same + 0.02
    one = partial_correlation(*variables(0))
    assert correlation_between_models([one, one]) == pytest.approx(1.0)
    with pytest.raises(AnalysisError, match="at least two"):
        correlation_between_models([one])


def test_a_study_tells_how_many_personas_the_next_one_needs():
    found = [partial_correlation(*variables(seed, n=100)) for seed in (0, 1)]
    categories = variables(0, n=100)[3]
    needed = personas_for_smallest_effect(found, categories)
    attenuation = np.mean([one.attenuation for one in found])
    design = {
        "attenuation": attenuation,
        "base_models": 2,
        "between_models": correlation_between_models(found),
    }
    assert power_of_joint_test(0.3, needed, covariates=2, **design) >= 0.8
    assert power_of_joint_test(0.3, needed - 1, covariates=2, **design) < 0.8
    assert personas_for_smallest_effect(found[:1], categories) > needed
    assert personas_for_smallest_effect(found, categories, power=0.9) > needed


def test_limits():
    assert needed_personas(0.001) is None
    for effect in (0.011, 0.0105, 0.009):  # all of more than half the largest number
        needed = needed_personas(effect)
        assert 50_000 < needed <= 100_000
        assert power_of_joint_test(effect, needed) >= 0.8 > power_of_joint_test(effect, needed - 10)
    assert power_of_joint_test(0.0088, 100_000) < 0.8
    assert needed_personas(0.0088) is None
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        needed_personas(0.3, 1.0)
    with pytest.raises(AnalysisError, match="more than 5 personas"):
        power_of_joint_test(0.3, 5)
