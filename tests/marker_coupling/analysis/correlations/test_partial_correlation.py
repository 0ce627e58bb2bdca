import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.replicated import Replicated, exact, over_prompts, over_seeds
from marker_coupling.analysis.models.category_model import fit_category_model

from ..made_studies import variables

SEEDS = st.integers(0, 10_000)


def without_errors(variable):
    return exact(variable.values)


@settings(max_examples=15)
@given(SEEDS)
def test_without_errors_it_is_the_mixed_models_t(seed):
    x, y, covariates, categories = variables(seed)
    x, y, covariates = without_errors(x), without_errors(y), [without_errors(c) for c in covariates]
    found = partial_correlation(x, y, covariates, categories)
    n = x.values.size
    design = np.column_stack([x.values, np.ones(n), *(c.values for c in covariates)])
    fit = fit_category_model(y.values, design, categories)
    t = fit.coefficients[0] / fit.standard_errors[0]
    degrees = n - design.shape[1]
    assert found.r == pytest.approx(t / np.sqrt(t**2 + degrees), abs=1e-6)
    assert found.attenuation == pytest.approx(1.0)
    assert not found.errors_known
    # The residuals are what permutations need: their correlation is the statistic.
    assert found.predictor @ found.outcome == pytest.approx(found.r, abs=1e-9)
    assert found.covariates.T @ found.outcome == pytest.approx(np.zeros(found.covariates.shape[1]), abs=1e-9)


@settings(max_examples=10)
@given(SEEDS)
def test_leaving_a_category_out_is_computing_without_it(seed):
    x, y, covariates, categories = variables(seed, n=20)
    found = partial_correlation(x, y, covariates, categories)
    kept = categories.codes != 3

    def part(variable):
        return Replicated(variable.values[kept], variable.deviations[kept], variable.weights, variable.facet)

    # At the same ratio of variances, which the jackknife keeps: found again by giving its categories no effect.
    expected = partial_correlation(
        part(x), part(y), [part(c) for c in covariates], categories_of(None, kept.sum())
    )
    if found.ratio == 0:
        assert found.without[3] == pytest.approx(expected.r, abs=1e-3)
    assert found.without.shape == (10,)
    assert np.abs(found.without - found.r).max() < 0.5


@settings(max_examples=10)
@given(SEEDS, st.floats(0.01, 100), st.floats(-1e3, 1e3), st.sampled_from([-1, 1]))
def test_scale_shift_sign_and_order(seed, scale, shift, sign):
    x, y, covariates, categories = variables(seed)
    expected = partial_correlation(x, y, covariates, categories)
    order = np.random.default_rng(seed).permutation(x.values.size)

    def moved(variable, factor, constant):
        return Replicated(
            (factor * variable.values + constant)[order], factor * variable.deviations[order], variable.weights,
            variable.facet,
        )  # fmt: skip

    found = partial_correlation(
        moved(x, sign * scale, shift), moved(y, scale, shift), [moved(c, -scale, shift) for c in covariates],
        categories_of(list(categories.codes[order]), order.size),
    )  # fmt: skip
    assert found.r == pytest.approx(sign * expected.r, abs=1e-6)
    assert found.attenuation == pytest.approx(expected.attenuation, abs=1e-6)
    assert np.sort(found.without) == pytest.approx(np.sort(sign * expected.without), abs=1e-6)


def test_true_scores_are_recovered_through_error_in_predictor_outcome_and_covariate():
    """The true partial correlation is 0.3 / sqrt(1.09 - ...) in closed form; uncorrected it is far from that."""
    corrected, uncorrected = [], []
    for seed in range(40):
        x, y, covariates, categories = variables(seed, n=400, r=0.0, error=0.4)
        corrected.append(partial_correlation(x, y, covariates, categories).r)
        uncorrected.append(partial_correlation(x, y, [without_errors(c) for c in covariates], categories).r)
    error = np.std(corrected) / np.sqrt(len(corrected))
    assert abs(np.mean(corrected)) < 4 * error
    assert np.mean(uncorrected) > 4 * error  # what is known as residual confounding

    true = []
    for seed in range(40):
        found = partial_correlation(*variables(seed, n=400, r=0.5, error=0.4))
        true.append(found.r / found.attenuation)
    # x given the covariate has variance 0.75, the outcome's own part 1.
    expected = 0.5 * np.sqrt(0.75) / np.sqrt(1 + 0.25 * 0.75)
    assert np.mean(true) == pytest.approx(expected, abs=4 * np.std(true) / np.sqrt(len(true)))


def test_attenuation_is_the_root_of_both_reliabilities():
    generator = np.random.default_rng(1)
    n = 4000
    x, y = generator.normal(size=(2, n))
    found = partial_correlation(
        over_prompts(x + generator.normal(size=(4, 1, n))), over_seeds(y[:, None] + generator.normal(size=(n, 2))),
        [], categories_of(None, n),
    )  # fmt: skip
    assert found.errors_known
    assert found.attenuation == pytest.approx(np.sqrt(4 / 5 * 2 / 3), abs=0.03)


@settings(max_examples=10)
@given(SEEDS)
def test_a_covariate_that_is_all_error_breaks_nothing(seed):
    x, y, covariates, categories = variables(seed)
    noise = over_prompts(np.random.default_rng(seed).normal(size=(3, 2, x.values.size)))
    found = partial_correlation(x, y, [*covariates, noise], categories)
    assert np.isfinite(found.without).all()
    assert abs(found.r) <= 1


def test_what_cannot_be_judged_is_refused():
    x, y, covariates, categories = variables(0)
    with pytest.raises(AnalysisError, match="linearly independent"):
        partial_correlation(x, y, [*covariates, covariates[-1]], categories)
    with pytest.raises(AnalysisError, match="categories"):
        partial_correlation(x, y, covariates, categories_of([0, 1] * 20, 40))
    with pytest.raises(AnalysisError, match="constant"):
        partial_correlation(x, y, [exact(np.ones(40))], categories)
    with pytest.raises(AnalysisError, match="linear function of the covariates"):
        partial_correlation(exact(covariates[1].values * 2 + 1), y, covariates, categories)
    with pytest.raises(AnalysisError, match="one category alone"):
        partial_correlation(x, y, [exact(np.arange(40) == 7)], categories)
