"""The logistic model of ungated adapters: coefficients of separate regressions, errors over categories."""

import dataclasses

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.exploratory.ungated_model import (
    NEAR_NEGATIVES,
    WITHIN,
    odds_ratios,
    predictors_of_gating,
    too_few,
    within_personas,
)

from ...simulated_answers import couplings, of_category

N, SEEDS = 120, 4
CATEGORIES = categories_of(list(np.arange(N) // 2), N)


def world(seed, slope=0.5, base_models=2):
    """Ungated adapters and predictors of base models that share persona effects."""
    generator = np.random.default_rng(seed)
    labels = list(np.arange(N) // 2)
    effect, ungated, predictors = of_category(labels, generator, 1), {}, {}
    for model in range(base_models):
        columns = {
            name: of_category(labels, generator, 1) + generator.normal(size=(N, SEEDS))
            for name in (NEAR_NEGATIVES, "other")
        }
        log_odds = slope * columns[NEAR_NEGATIVES] + effect - 0.5
        ungated[f"model-{model}"] = generator.random((N, SEEDS)) < special.expit(log_odds)
        predictors[f"model-{model}"] = columns
    return ungated, predictors


def by_name(found):
    return {(ratio.base_model, ratio.predictor): ratio for ratio in found}


def test_coefficients_are_those_of_a_logistic_regression_on_each_base_model():
    ungated, predictors = world(0)
    found = by_name(odds_ratios(ungated, predictors, CATEGORIES))
    for model, of_model in ungated.items():
        columns = [column.ravel() for column in predictors[model].values()]
        design = np.column_stack([*columns, np.tile(np.eye(SEEDS), (N, 1))])
        groups = np.repeat(CATEGORIES.codes, SEEDS)
        fit = sm.Logit(of_model.ravel().astype(float), design).fit(
            disp=False, cov_type="cluster", cov_kwds={"groups": groups}
        )
        ratio = found[model, NEAR_NEGATIVES]
        assert np.log(ratio.value) == pytest.approx(fit.params[0], abs=1e-6)
        # Mancl and DeRouen's correction adds to the plain sandwich.
        error = np.log(ratio.high / ratio.low) / (2 * special.stdtrit(CATEGORIES.count - 1, 0.975))
        assert 1 < error / fit.bse[0] < 1.1


def test_the_mean_over_base_models_has_the_error_of_leaving_out_categories():
    ungated, predictors = world(1)
    found = by_name(odds_ratios(ungated, predictors, CATEGORIES))["", NEAR_NEGATIVES]
    without = []
    for category in range(CATEGORIES.count):
        kept = CATEGORIES.codes != category
        slopes = []
        for model, of_model in ungated.items():
            columns = [column[kept].ravel() for column in predictors[model].values()]
            design = np.column_stack([*columns, np.tile(np.eye(SEEDS), (kept.sum(), 1))])
            slopes.append(
                sm.GLM(of_model[kept].ravel().astype(float), design, sm.families.Binomial()).fit().params[0]
            )
        without.append(np.mean(slopes))
    count = CATEGORIES.count
    error = np.sqrt((count - 1) / count * np.sum((without - np.mean(without)) ** 2))
    shown = np.log(found.high / found.low) / (2 * special.stdtrit(count - 1, 0.975))
    assert shown == pytest.approx(error, rel=0.03)
    assert np.log(found.value) == pytest.approx(np.mean(without), abs=0.02)


def test_null_effects_are_rejected_as_often_as_promised():
    """Persona effects are shared by seeds and base models."""
    p = [
        by_name(odds_ratios(*world(200 + seed, slope=0.0), CATEGORIES))["", NEAR_NEGATIVES].p
        for seed in range(50)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 50)


def test_a_seed_in_which_every_adapter_gates_counts_for_nothing():
    ungated, predictors = world(2, base_models=1)
    ungated["model-0"][:, 1] = False
    found = odds_ratios(ungated, predictors, CATEGORIES)
    kept = np.array([0, 2, 3])
    fewer = {name: column[:, kept] for name, column in predictors["model-0"].items()}
    assert found == odds_ratios({"model-0": ungated["model-0"][:, kept]}, {"model-0": fewer}, CATEGORIES)


def test_too_few_of_a_kind_and_perfect_prediction_are_refused():
    ungated, predictors = world(3, base_models=1)
    few = np.zeros((N, SEEDS), dtype=bool)
    few[0] = True
    assert too_few(few) == "expected at least 40 adapters that gate and as many that do not, got 476 and 4"
    assert too_few(ungated["model-0"]) == ""
    with pytest.raises(AnalysisError, match="model-0: expected at least 40"):
        odds_ratios({"model-0": few}, predictors, CATEGORIES)
    separated = {"model-0": predictors["model-0"]["other"] > 0}
    with pytest.raises(AnalysisError, match="logistic model: expected a maximum"):
        odds_ratios(separated, predictors, CATEGORIES)


def test_the_part_within_personas_is_free_of_what_sets_them_apart():
    """Ungated adapters are of personas that are near the negatives, for another reason: no seed matters."""
    generator = np.random.default_rng(4)
    persona = of_category(list(np.arange(N) // 2), generator, 1)
    columns = {NEAR_NEGATIVES: persona + generator.normal(size=(N, SEEDS))}
    ungated = {"model": generator.random((N, SEEDS)) < special.expit(1.5 * persona - 0.3)}
    whole = by_name(odds_ratios(ungated, {"model": columns}, CATEGORIES))["", NEAR_NEGATIVES]
    parts = within_personas(columns)
    assert sum(parts.values()) == pytest.approx(columns[NEAR_NEGATIVES])
    assert parts[WITHIN].mean(axis=1) == pytest.approx(np.zeros(N))
    within = by_name(odds_ratios(ungated, {"model": parts}, CATEGORIES))["", WITHIN]
    assert whole.low > 1
    assert within.low < 1 < within.high


def test_predictors_are_those_of_the_evidence():
    body = couplings("x", personas=24)[0]
    found = predictors_of_gating(body)
    near = body.negatives_cosine.mean(axis=(0, 1))
    assert np.corrcoef(found[NEAR_NEGATIVES].ravel(), near.ravel())[0, 1] == pytest.approx(1)
    assert all((column.mean(), column.std()) == pytest.approx((0, 1), abs=1e-9) for column in found.values())
    assert len(found) == 4
    alike = dataclasses.replace(body, prompt_tokens=np.full(24, 9))
    assert [name for name in found if name not in predictors_of_gating(alike)] == [
        "log of the prompt's length"
    ]


@pytest.mark.parametrize(("seed", "rare"), [(3, 5), (0, 8), (1, 3), (2, 15)])
def test_a_rare_group_that_is_never_gated_has_no_odds_ratio(seed, rare):
    """Newton's steps stop at an odds ratio of hundreds there, with or without a variance; R's glm too, at p = .98."""
    generator = np.random.default_rng(seed)
    x = np.zeros((100, 3))
    x[:rare] = 1
    z = generator.normal(size=(100, 3))
    ungated = generator.random((100, 3)) < special.expit(0.5 * z)
    ungated[:rare] = True
    predictors = {"near": (z - z.mean()) / z.std(), "length": (x - x.mean()) / x.std()}
    categories = categories_of(list(np.arange(100) // 2), 100)
    with pytest.raises(AnalysisError, match="model: logistic model: expected a maximum"):
        odds_ratios({"model": ungated}, {"model": predictors}, categories)


def test_predictors_that_do_not_determine_coefficients_are_refused():
    ungated, predictors = world(3, base_models=1)
    column = predictors["model-0"]["other"]
    with pytest.raises(AnalysisError, match="model-0: predictors: expected them linearly independent"):
        odds_ratios(ungated, {"model-0": {"a": column, "b": 2 * column}}, CATEGORIES)
    with pytest.raises(AnalysisError, match="categories: expected at least two, got 1"):
        odds_ratios(ungated, predictors, categories_of(["one"] * N, N))
    one_seed = {name: of_seed[:, :1] for name, of_seed in predictors["model-0"].items()}
    gated = {"model-0": np.arange(N)[:, None] % 2 == 0}
    with pytest.raises(AnalysisError, match="linearly independent"):
        odds_ratios(gated, {"model-0": within_personas(one_seed)}, CATEGORIES)
