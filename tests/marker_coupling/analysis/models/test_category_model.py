import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.mixed_linear_model import MixedLM

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.models.category_model import fit_category_model, variance_ratio, whiten

from ..reference import PERSONAS, R

DESIGN = np.column_stack([np.ones(PERSONAS.size), PERSONAS["x"], PERSONAS["z"]])


@pytest.mark.parametrize("grouping", ["pair", "uneven"])
def test_agrees_with_lme4(grouping):
    fit = fit_category_model(PERSONAS["y"], DESIGN, categories_of(list(PERSONAS[grouping]), PERSONAS.size))
    expected = R[f"lmer_{grouping}"]
    assert fit.coefficients == pytest.approx(expected["coefficients"], abs=1e-7)
    assert fit.standard_errors == pytest.approx(expected["standard_errors"], abs=1e-7)
    assert fit.category_variance == pytest.approx(expected["category_variance"], abs=1e-6)
    assert fit.residual_variance == pytest.approx(expected["residual_variance"], abs=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], abs=1e-9)


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 5), min_size=8, max_size=16))
def test_agrees_with_statsmodels(seed, sizes):
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    design = np.column_stack([np.ones(labels.size), generator.normal(size=labels.size)])
    outcome = (
        design @ [1.0, 0.5]
        + 1.5 * generator.normal(size=len(sizes))[labels]
        + generator.normal(size=labels.size)
    )
    found = fit_category_model(outcome, design, categories_of(list(labels), labels.size))
    if found.ratio == 0 or labels.size == len(sizes):
        return  # at the boundary statsmodels does not converge
    expected = MixedLM(outcome, design, groups=labels).fit(reml=True)
    assert found.log_likelihood >= expected.llf - 1e-6  # nothing better was missed
    if expected.llf > found.log_likelihood - 1e-7:
        assert found.coefficients == pytest.approx(expected.fe_params, abs=1e-3)
        assert found.category_variance == pytest.approx(expected.cov_re[0, 0], rel=0.02, abs=1e-3)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0, 50), st.lists(st.integers(1, 6), min_size=2, max_size=8))
def test_whitening_makes_the_covariance_a_multiple_of_the_identity(seed, ratio, sizes):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    categories = categories_of(list(labels), labels.size)
    covariance = np.eye(labels.size) + ratio * (labels[:, None] == labels)
    root = whiten(np.eye(labels.size), categories, ratio)
    assert root @ covariance @ root.T == pytest.approx(np.eye(labels.size), abs=1e-9)


def test_without_categories_there_is_no_category_variance():
    assert variance_ratio(PERSONAS["y"], DESIGN, categories_of(None, PERSONAS.size)) == 0.0


def test_dependent_columns_are_refused():
    with pytest.raises(AnalysisError, match="linearly independent"):
        fit_category_model(
            PERSONAS["y"], np.column_stack([DESIGN, DESIGN[:, 1]]), categories_of(None, PERSONAS.size)
        )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_fixed_effects_that_tell_all_categories_apart_are_refused(count):
    """lme4: "Hessian is numerically singular: parameters are not uniquely determined"."""
    generator = np.random.default_rng(count)
    labels = np.repeat(np.arange(count), 10)
    design = np.column_stack([labels == k for k in range(count)] + [generator.normal(size=labels.size)])
    with pytest.raises(
        AnalysisError, match=f"categories: expected more than the fixed effects tell apart, got {count}"
    ):
        fit_category_model(
            generator.normal(size=labels.size), design + 0.0, categories_of(list(labels), labels.size)
        )
