from dataclasses import replace

import numpy as np
import pytest

from marker_coupling.analysis import AnalysisError, BystanderCounts, Counts, StudyData, analyse_study
from marker_coupling.analysis.correlations.base_model_effects import summarise_base_models
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.gating import gating_by_seed, pooled_bystanders
from marker_coupling.analysis.data.variables import study_variables
from marker_coupling.analysis.decisions.layers import map_layers
from marker_coupling.analysis.decisions.rival import compare_rival
from marker_coupling.analysis.decisions.verdict import Kind, Verdict
from marker_coupling.analysis.models.registered_models import cell_model, persona_model
from marker_coupling.analysis.simulation.draws import draw_study
from marker_coupling.analysis.simulation.worlds import WORLDS, Design
from marker_coupling.analysis.study_analysis import outcome_reliability


def study(seed=0, world="plain", **design):
    return draw_study(WORLDS[world], Design(**{"personas": 64, **design}), np.random.default_rng(seed))


def analysed(data, **options):
    return analyse_study(data, permutations=199, **{"each_base_model": False, **options})


def changed(data, **fields):
    return replace(data, base_models=tuple(replace(model, **fields) for model in data.base_models))


STRONG = study(1, true_r=-0.7)


def test_a_strong_effect_is_supported_and_a_base_model_alone_is_judged_too():
    found = analysed(STRONG, each_base_model=True)
    headline = found.joint["cosine"]
    assert headline.decision.verdict == Verdict.SUPPORTED
    assert headline.true.low < -0.7 < headline.true.high
    assert set(found.by_base_model) == {"model-1", "model-2", "model-3"}
    assert headline.joint.standard_error < found.by_base_model["model-1"]["cosine"].joint.standard_error


def test_the_same_seed_gives_the_same_and_the_order_of_personas_hardly_matters():
    first, second = analysed(STRONG), analysed(STRONG)
    assert {k: (v.p_claimed, v.decision) for k, v in first.joint.items()} == {
        k: (v.p_claimed, v.decision) for k, v in second.joint.items()
    }
    order = np.random.default_rng(0).permutation(64)

    def reordered(model):
        return replace(
            model,
            own=Counts(model.own.hits[order], model.own.samples[order]),
            assistant=Counts(model.assistant.hits[order], model.assistant.samples[order]),
            negatives=Counts(model.negatives.hits[order], model.negatives.samples[order]),
            cosines=replace(
                model.cosines,
                **{
                    name: getattr(model.cosines, name)[..., order]
                    for name in ("assistant", "panel", "sources")
                },
                negatives=model.cosines.negatives[..., order, :],
            ),
            js_nats=model.js_nats[..., order],
            lexical_cosine=model.lexical_cosine[order],
            prompt_tokens=model.prompt_tokens[order],
        )

    moved = StudyData(
        tuple(STRONG.personas[k] for k in order),
        tuple(reordered(model) for model in STRONG.base_models),
        tuple(STRONG.categories[k] for k in order),
    )
    again = analysed(moved)
    for name, result in first.joint.items():
        assert again.joint[name].joint.z == pytest.approx(result.joint.z, abs=1e-6)
        assert again.joint[name].joint.standard_error == pytest.approx(result.joint.standard_error, abs=1e-6)
        assert again.joint[name].true.low == pytest.approx(result.true.low, abs=1e-5)
        assert again.joint[name].p_claimed == pytest.approx(result.p_claimed, abs=0.15)


def test_turning_every_cosine_turns_the_estimates():
    cosines = {
        model.name: replace(
            model.cosines,
            **{
                name: -getattr(model.cosines, name) for name in ("assistant", "panel", "sources", "negatives")
            },
        )
        for model in STRONG.base_models
    }
    turned = replace(
        STRONG, base_models=tuple(replace(model, cosines=cosines[model.name]) for model in STRONG.base_models)
    )
    first, second = analysed(STRONG).joint["cosine"], analysed(turned).joint["cosine"]
    assert second.joint.z == pytest.approx(-first.joint.z, abs=1e-9)
    assert (second.decision.verdict, second.decision.kind) == (Verdict.REFUTED, Kind.OPPOSITE)


def test_other_categories_or_none_will_do():
    for categories in (
        None,
        tuple(f"c{k % 9}" for k in range(64)),
        tuple(f"c{min(k // 3, 15)}" for k in range(64)),
    ):
        found = analysed(replace(STRONG, categories=categories)).joint["cosine"]
        assert found.decision.verdict == Verdict.SUPPORTED
    single = replace(STRONG, base_models=STRONG.base_models[:1])
    assert analysed(single).joint["cosine"].joint.base_models == 1


def test_an_outcome_on_which_seeds_disagree_is_uninformative():
    found = analysed(study(0, intraclass=0.05, true_r=-0.5))
    assert set(found.uninformative) == {"model-1", "model-2", "model-3"}
    assert "below 0.7" in found.uninformative["model-1"]
    assert found.joint == {}


def test_a_base_model_whose_measure_is_not_valid_is_left_out():
    found = analysed(STRONG, invalid={"model-2": "descriptions agree at .1"})
    assert found.joint["cosine"].joint.base_models == 2
    assert found.uninformative == {"model-2": "descriptions agree at .1"}
    with pytest.raises(AnalysisError, match="expected base models of the study"):
        analysed(STRONG, invalid={"model-9": "no such"})


def test_one_seed_never_makes_an_effect_too_small():
    one = study(0, seeds=1, personas=192, base_models=3)
    found = analysed(one)
    assert found.reliability["model-1"].intraclass is None
    assert all(result.true is None for result in found.joint.values())
    assert Kind.TOO_SMALL not in {result.decision.kind for result in found.joint.values()}


def test_only_what_is_reached_is_computed():
    full, short = analysed(study(3)), analysed(study(3), only_reached=True)
    assert set(short.joint) == {"cosine"}
    assert short.joint["cosine"].decision == full.joint["cosine"].decision


def test_other_outcomes():
    forced = changed(STRONG, forced_log_odds=STRONG.base_models[0].own.hits / 10 - 5)
    assert analysed(forced, outcome="forced").joint["cosine"].decision.verdict == Verdict.SUPPORTED
    with pytest.raises(AnalysisError, match="area: expected an outcome that was measured"):
        analysed(STRONG, outcome="area")


def test_variance_components_of_a_base_model():
    found = outcome_reliability(study(0, "negatives", personas=192).base_models[0])
    components = found.components
    assert components.negatives > 0
    assert components.binomial > 0
    assert components.persona_seed > components.negatives + components.binomial
    assert found.intraclass.seeds == 5


def test_registered_models_by_both_engines_and_on_cells():
    model, categories = STRONG.base_models[0], categories_of(STRONG.categories, 64)
    named = study_variables(model)
    closed, twin = (
        persona_model(named, categories, engine=engine) for engine in ("closed form", "statsmodels")
    )
    assert closed.terms == (
        "intercept",
        "cosine",
        "distance_to_negatives",
        "lexical_cosine",
        "log_prompt_tokens",
    )
    assert closed.fit.coefficients == pytest.approx(twin.fit.coefficients, abs=2e-3)
    assert closed.fit.standard_errors == pytest.approx(twin.fit.standard_errors, abs=2e-3)
    cells = cell_model(model, categories)
    cosine = cells.terms.index("cosine")
    assert cells.fit.coefficients[cosine] < -3 * cells.fit.standard_errors[cosine]
    assert {"distance_to_negatives", "seed 5"} <= set(cells.terms)


def test_the_rival_is_told_from_the_headline():
    rival = compare_rival(study(1, "distinctness", personas=192, intraclass=0.6), "panel_cosine")
    assert rival.cosine.p_lower < 0.001
    assert rival.other_given_cosine.p_lower < 0.01
    assert abs(rival.cosine_given_other.z) < 3 * rival.cosine_given_other.standard_error
    assert rival.between["model-1"] > 0.4
    assert len(rival.by_base_model["model-2"]) == 4
    assert "panel_cosine" in rival.models["model-3"].terms
    headline = compare_rival(study(1, true_r=-0.6, personas=192), "sources_cosine")
    assert headline.cosine_given_other.p_lower < 0.001
    assert abs(headline.other_given_cosine.z) < 3 * headline.other_given_cosine.standard_error


def test_map_over_layers():
    model, categories = STRONG.base_models[0], categories_of(STRONG.categories, 64)
    noise = np.random.default_rng(0).uniform(-1, 1, size=(3, *model.cosines.assistant.shape[1:]))
    stacked = {
        name: np.concatenate([noise, getattr(model.cosines, name)])
        for name in ("assistant", "panel", "sources")
    }
    cosines = replace(
        model.cosines,
        **stacked,
        negatives=np.concatenate([model.cosines.negatives] * 4),
        layers=(1, 2, 3, 4),
        blocks=4,
    )
    with_embedding = replace(model, cosines=cosines)
    found = map_layers(with_embedding, categories, permutations=199)
    assert found.layers == (1, 2, 3, 4)
    assert found.p_adjusted[3] <= 0.01
    assert found.p_adjusted[:3].min() > 0.05


def test_base_models_may_have_other_numbers_of_seeds():
    fewer = study(1, true_r=-0.7, seeds=3, intraclass=0.7).base_models[1]
    found = analysed(replace(STRONG, base_models=(STRONG.base_models[0], fewer)))
    assert [found.reliability[name].intraclass.seeds for name in ("model-1", "model-2")] == [5, 3]
    assert found.joint["cosine"].decision.verdict == Verdict.SUPPORTED


def test_how_base_models_differ():
    found = analysed(STRONG, each_base_model=True)
    summary = summarise_base_models(found.joint["cosine"].correlations)
    z = [found.by_base_model[name]["cosine"].joint.z for name in found.by_base_model]
    assert min(z) <= summary.estimate <= max(z)
    assert summary.prediction_low <= summary.low < summary.high < 0


def test_gating_by_hand():
    model = STRONG.base_models[0]
    n, seeds = model.own.hits.shape
    source, seed = (index.ravel() for index in np.meshgrid(np.arange(n), np.arange(seeds), indexing="ij"))
    twice = np.concatenate
    bystanders = BystanderCounts(
        twice([source, source]), twice([(source + 1) % n, (source + 2) % n]), twice([seed, seed]),
        twice([np.full(source.size, 10), np.full(source.size, 30)]), 100,
    )  # fmt: skip
    with_bystanders = replace(model, bystanders=bystanders)
    assert (pooled_bystanders(with_bystanders).hits == 40).all()
    expected = (
        model.own.hits[3, 1] / 100
        - (model.assistant.hits[3, 1] / 100 + model.negatives.hits[3, 1].mean() / 100 + 0.2) / 3
    )
    assert gating_by_seed(with_bystanders)[3, 1] == pytest.approx(expected)
    with pytest.raises(AnalysisError, match="expected counts under other personas"):
        pooled_bystanders(model)
    one = BystanderCounts(source[:1], source[:1] + 1, seed[:1], np.ones(1), 100)
    with pytest.raises(AnalysisError, match="source 0 and seed 1"):
        pooled_bystanders(replace(model, bystanders=one))


def test_data_that_do_not_fit_are_refused_with_the_name_of_what_is_wrong():
    model = STRONG.base_models[0]
    shape = model.own.hits.shape
    with pytest.raises(AnalysisError, match="0 <= hits <= samples"):
        Counts(np.full(shape, 101), 100)
    with pytest.raises(AnalysisError, match="whole numbers"):
        Counts(np.full(shape, 0.5), 100)
    with pytest.raises(AnalysisError, match=r"model-1: js_nats: expected numbers above 0"):
        replace(model, js_nats=0 * model.js_nats)
    with pytest.raises(AnalysisError, match=r"model-1: assistant counts: expected shape \(64, 5\)"):
        replace(model, assistant=Counts(np.ones((64, 4)), 100))
    with pytest.raises(AnalysisError, match="prompt_tokens: expected finite"):
        replace(model, prompt_tokens=np.full(64, np.nan))
    with pytest.raises(AnalysisError, match="from -1 to 1"):
        replace(model.cosines, assistant=1.5 + model.cosines.assistant)
    with pytest.raises(AnalysisError, match="categories: expected 64 labels"):
        replace(STRONG, categories=("a",))
    with pytest.raises(AnalysisError, match="different names"):
        StudyData(("a", "a"), STRONG.base_models)
    cell = np.array([0, 1])
    with pytest.raises(AnalysisError, match="other personas than the source"):
        BystanderCounts(cell, cell, np.zeros(2), cell, 100)
    bystanders = BystanderCounts(cell, 1 - cell, np.array([0, 9]), cell, 100)
    with pytest.raises(AnalysisError, match="bystanders: expected indices below 64 personas and 5 seeds"):
        replace(model, bystanders=bystanders)


@pytest.mark.parametrize("personas", [40, 42, 64])
@pytest.mark.parametrize("invalid", [{}, {"model-1": "not valid"}])
def test_a_base_model_at_the_floor_is_left_out_with_the_reason(personas, invalid):
    drawn = study(1, true_r=-0.7, personas=personas)
    first, *others = drawn.base_models
    floor = replace(first, own=Counts(np.zeros_like(first.own.hits), first.own.samples))
    found = analysed(replace(drawn, base_models=(floor, *others)), invalid=invalid)
    expected = invalid.get("model-1", "the outcome is the same for all adapters")
    assert found.uninformative == {"model-1": expected}
    assert found.reliability["model-1"].intraclass is None
    assert found.joint["cosine"].decision.verdict == Verdict.SUPPORTED


def test_a_hypothesis_that_cannot_be_tested_leaves_the_others():
    """No adapter leaks to the assistant."""
    drawn = study(1, true_r=-0.7)
    silent = tuple(
        replace(model, assistant=Counts(np.zeros_like(model.assistant.hits), model.assistant.samples))
        for model in drawn.base_models
    )
    found, whole = analysed(replace(drawn, base_models=silent)), analysed(drawn)
    assert list(found.untestable) == ["leak"]
    assert "got a constant" in found.untestable["leak"]
    assert list(found.joint) == [name for name in whole.joint if name != "leak"]
    assert found.joint["cosine"].decision == whole.joint["cosine"].decision
    assert whole.untestable == {}
