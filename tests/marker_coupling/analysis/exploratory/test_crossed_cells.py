"""Cells in which sources and prompts are crossed: the estimate is least squares, and the errors are those of dyads."""

import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.exploratory.crossed_cells import crossed_cells, crossed_correlation

from ...simulated_answers import circle_of_bystanders, of_category


def world(seed, *, n=48, seeds=3, likeness=1.0, slope=0.0, base_models=1):
    """Cells whose adapters, prompts and pairs have effects; the last ones by a likeness of their own."""
    generator = np.random.default_rng(seed)
    labels = list(np.arange(n) // 2)
    drawn = circle_of_bystanders(n, seeds, generator)
    source = np.arange(n)[:, None, None]
    meaning, other = of_category(labels, generator, 6), of_category(labels, generator, 6)
    cosine = (meaning @ meaning.T / 6)[source, drawn]
    outcomes = []
    for _ in range(base_models):
        adapters = generator.normal(size=(n, seeds, 1)) + cosine.mean(axis=2, keepdims=True)
        prompts = generator.normal(size=(seeds, n))[np.arange(seeds)[None, :, None], drawn]
        pairs = likeness * (other @ other.T)[source, drawn] / np.sqrt(6)
        noise = generator.normal(size=drawn.shape)
        outcomes.append(adapters + prompts + pairs + slope * cosine + noise)
    return outcomes, cosine, drawn, categories_of(labels, n)


def dummies(n, seeds, drawn):
    """Indicators of adapters, and of prompts in each seed, for cells in the order (source, seed, drawn)."""
    source, seed, _ = np.indices(drawn.shape)
    adapters = np.eye(n * seeds)[(source * seeds + seed).ravel()]
    return np.hstack([adapters, np.eye(n * seeds)[(drawn * seeds + seed).ravel()]])


def test_the_slope_and_the_correlation_are_those_of_least_squares_with_fixed_effects():
    (outcome,), cosine, drawn, _ = world(0, n=20, slope=0.5)
    cells = crossed_cells(outcome, cosine, drawn)
    fixed = dummies(20, 3, drawn)
    left, singular, _ = np.linalg.svd(fixed, full_matrices=False)
    design = np.column_stack([cosine.ravel(), left[:, singular > 1e-9]])
    fit = sm.OLS(outcome.ravel(), design).fit()
    assert cells.slope == pytest.approx(fit.params[0], rel=1e-8)
    assert cells.degrees_of_freedom - 1 == fit.df_resid
    t = fit.tvalues[0]
    assert cells.r == pytest.approx(t / np.hypot(t, np.sqrt(fit.df_resid)), rel=1e-8)


def test_the_slope_is_near_that_of_a_mixed_model_crossed_over_sources_and_prompts():
    (outcome,), cosine, drawn, _ = world(1, n=30, seeds=2, slope=0.8)
    source, seed, _ = np.indices(drawn.shape)
    adapters, prompts = (np.eye(60)[(persona * 2 + seed).ravel()] for persona in (source, drawn))
    names = [[f"{kind} {k}" for k in range(60)] for kind in ("adapter", "prompt")]
    components = VCSpec(["adapter", "prompt"], [[names[0]], [names[1]]], [[adapters], [prompts]])
    model = MixedLM(
        outcome.ravel(), sm.add_constant(cosine.ravel()), groups=np.zeros(outcome.size), exog_vc=components
    )
    fit = model.fit()
    assert crossed_cells(outcome, cosine, drawn).slope == pytest.approx(fit.params[1], abs=2 * fit.bse[1])


def test_whatever_adapters_and_prompts_have_in_common_does_not_count():
    (outcome,), cosine, drawn, categories = world(2, n=20)
    generator = np.random.default_rng(0)
    seed = np.arange(3)[None, :, None]
    moved = outcome + generator.normal(size=(20, 3, 1)) + generator.normal(size=(3, 20))[seed, drawn]
    first, second = (
        crossed_correlation([crossed_cells(y, cosine, drawn)], categories, draws=19)
        for y in (outcome, moved * 3)
    )
    assert (second.z, second.standard_error, second.p_t) == pytest.approx(
        (first.z, first.standard_error, first.p_t), rel=1e-9
    )


def test_the_error_is_that_of_cells_that_share_a_category():
    """Summed over all pairs of cells, one by one."""
    outcomes, cosine, drawn, categories = world(3, n=12, seeds=2, base_models=2)
    cells = [crossed_cells(outcome, cosine, drawn) for outcome in outcomes]
    found = crossed_correlation(cells, categories, draws=19)
    influence, sides = [], []
    for each in cells:
        w, e, r = each.predictor, each.outcome, each.r
        influence += list(((w * e - r * (w**2 + e**2) / 2) / (1 - r**2) / 2).ravel())
        for _, source, place in itertools.product(range(2), range(12), range(4)):
            prompt = each.prompt[_, source, place]
            sides.append({int(categories.codes[source]), int(categories.codes[prompt])})
    total = sum(
        a * b
        for (a, first), (b, second) in itertools.product(zip(influence, sides, strict=True), repeat=2)
        if first & second
    )
    factor = len(influence) / sum(each.degrees_of_freedom for each in cells)
    assert found.standard_error == pytest.approx(np.sqrt(factor * total), rel=1e-9)
    assert found.z == pytest.approx(np.mean([np.arctanh(each.r) for each in cells]))
    assert found.p_t == pytest.approx(2 * stats.t.sf(abs(found.z / found.standard_error), 5))


def test_null_studies_are_rejected_as_often_as_promised_and_intervals_cover():
    """Pairs differ by a likeness that has nothing to do with the cosine, the same in all seeds."""
    rejected, covered = [], []
    for seed in range(120):
        outcomes, cosine, drawn, categories = world(100 + seed, n=40, base_models=2)
        cells = [crossed_cells(outcome, cosine, drawn) for outcome in outcomes]
        found = crossed_correlation(cells, categories, draws=99)
        rejected.append(found.p <= 0.05)
        covered.append(found.low <= 0 <= found.high)
    margin = 3 * np.sqrt(0.05 * 0.95 / 120)
    assert np.mean(rejected) <= 0.05 + margin
    assert np.mean(covered) >= 0.95 - margin


def test_a_relation_is_found_and_more_base_models_sharpen_it():
    outcomes, cosine, drawn, categories = world(5, slope=1.0, base_models=3)
    cells = [crossed_cells(outcome, cosine, drawn) for outcome in outcomes]
    together, alone = (crossed_correlation(chosen, categories, draws=199) for chosen in (cells, cells[:1]))
    assert together.p < 0.01
    assert together.low > 0
    assert together.standard_error < alone.standard_error


def test_what_cannot_be_told_apart_is_refused():
    (outcome,), cosine, drawn, categories = world(0, n=12)
    with pytest.raises(AnalysisError, match="prompts: expected at least two for each adapter, got 1"):
        crossed_cells(outcome[..., :1], cosine[..., :1], drawn[..., :1])
    with pytest.raises(AnalysisError, match="predictor: expected more than effects of adapters"):
        crossed_cells(outcome, np.zeros(cosine.shape), drawn)
    with pytest.raises(AnalysisError, match="outcome: expected finite numbers"):
        crossed_cells(np.full(outcome.shape, np.nan), cosine, drawn)
    with pytest.raises(AnalysisError, match="expected at least one base model"):
        crossed_correlation([], categories)
