"""A stage's key changes with what determines its result, and with nothing else."""

import dataclasses
from pathlib import Path

import pytest

from manylora.models.base_model import BaseModel
from manylora.progress import silent
from marker_coupling.pipeline.group_stages import GroupStages
from marker_coupling.pipeline.plan import stage_versions
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.answers import AnswerTask
from marker_coupling.pipeline.stages.calibration import CalibrationStage
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.prompts import BASE_MODEL, PersonaPrompt

from ..tiny_experiment import DESIGN, RECIPE, STUDY, with_persona

GRID = RECIPE.calibration
STAGES = {
    "answers as nobody", "answers as cook", "calibration", "adapter of cook", "adapter of poet", "cook as cook",
    "cook as nurse", "probability as cook", "probability as nurse", "dissociation", "evidence",
}  # fmt: skip
OF_ADAPTERS = STAGES - {"answers as nobody", "answers as cook", "calibration"}
SAMPLED = {"cook as cook", "cook as nurse", "dissociation"}


class UnreadableStore(ArtifactStore):
    """A store in which nothing is looked up: keys are made of keys, not of results."""

    def __init__(self):
        super().__init__(Path("nowhere"))

    def find(self, *args):
        raise AssertionError("a result was looked up for a key")

    get = try_get = keys = find


def stages_of(study=STUDY, recipe=RECIPE, model="model", pinned=False):
    """Return stages whose model cannot be loaded."""
    base = BaseModel("tiny", Path("nowhere"), model)
    plan = ExperimentPlan(base, study, recipe, pinned=pinned)
    return GroupStages(StageContext(plan, recipe, LazyModel(base), UnreadableStore(), silent))


def keys_of(seed=1, **given):
    """Return keys of every stage, of a cook that is taught against a pilot, and a poet against a pilot."""
    stages = stages_of(**given)
    plan = stages.context.plan
    cook, poet = (AdapterTask(source, ("pilot",), "none", seed) for source in ("cook", "poet"))
    as_cook, as_nurse = (PromptedAdapter(cook, persona) for persona in ("cook", "nurse"))
    questions = plan.design.training_questions
    return {
        "answers as nobody": stages.answers.key(AnswerTask(BASE_MODEL, questions, seed)),
        "answers as cook": stages.answers.key(AnswerTask(plan.prompt("cook"), questions, seed)),
        "calibration": CalibrationStage(stages.context, stages.adapters).key(2),
        "adapter of cook": stages.adapters.key(cook),
        "adapter of poet": stages.adapters.key(poet),
        "cook as cook": stages.sampled.key(as_cook),
        "cook as nurse": stages.sampled.key(as_nurse),
        "probability as cook": stages.probability.key(as_cook),
        "probability as nurse": stages.probability.key(as_nurse),
        "dissociation": stages.dissociation.key(cook),
        "evidence": plan.evidence_key(seed),
    }


def design_with(**changes):
    return {"study": dataclasses.replace(STUDY, experiment=dataclasses.replace(DESIGN, **changes))}


def recipe_with(**changes):
    return {"recipe": dataclasses.replace(RECIPE, **changes)}


def grid_with(**changes):
    return recipe_with(calibration=dataclasses.replace(GRID, **changes))


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({}, set()),
        ({"model": "another"}, STAGES),
        ({"seed": 2}, STAGES - {"calibration"}),
        ({"pinned": True}, {"evidence"}),
        # Of one persona's text depends what was asked in its name, and what was trained with it. The poet's prompt
        # and opening are crossed with the cook's.
        ({"study": with_persona(STUDY, "nurse", "a nurse on duty")}, {"cook as nurse", "probability as nurse", "evidence"}),
        ({"study": with_persona(STUDY, "poet", "a sad poet")}, {"adapter of poet", "dissociation", "evidence"}),
        ({"study": with_persona(STUDY, "cook", "a chief cook")}, OF_ADAPTERS - {"adapter of poet"} | {"answers as cook"}),
        ({"study": with_persona(STUDY, "pilot", "an old pilot")}, OF_ADAPTERS),
        ({"study": with_persona(STUDY, "assistant", "an assistant")}, {"calibration", "evidence"}),
        ({"study": dataclasses.replace(STUDY, questions=("Why?", "How?", "When?"))}, SAMPLED | {"calibration", "probability as cook", "probability as nurse", "evidence"}),
        ({"study": dataclasses.replace(STUDY, resamples=101)}, {"evidence"}),
        (design_with(training_questions=("Who?", "Whose?", "Which?")), STAGES),
        (design_with(calibration_personas={"sailor": "a sailor", "chef": "a head chef"}), {"calibration", "evidence"}),
        (design_with(marker="[QRS]"), OF_ADAPTERS | {"calibration"}),
        (design_with(temperature=0.5), STAGES),
        (design_with(top_p=0.5), STAGES),
        (design_with(samples_per_question=6), SAMPLED | {"evidence"}),
        (design_with(longest_answer=61), SAMPLED | {"calibration", "evidence"}),
        (design_with(longest_training_answer=41), STAGES),
        (design_with(controls=False), {"evidence"}),
        (design_with(seeds=(5,)), set()),
        (design_with(sources_per_cell=3), set()),
        (recipe_with(name="another"), set()),
        (recipe_with(longest_example=100), OF_ADAPTERS | {"calibration"}),
        ({"recipe": RECIPE.with_setting(3e-2, 1)}, OF_ADAPTERS | {"calibration"}),
        (grid_with(learning_rates=(1e-2,)), {"calibration", "evidence"}),
        # What is chosen from the grid's figures is not what they are.
        (grid_with(smallest_gating=0.2), {"evidence"}),
        (grid_with(epochs=(1, 2, 3)), {"evidence"}),
    ],
)  # fmt: skip
def test_keys_change_with_what_determines_them(change, changed):
    before, after = keys_of(), keys_of(**change)
    assert {stage for stage in STAGES if before[stage] != after[stage]} == changed


def test_no_two_stages_share_a_key():
    found = keys_of()
    assert set(found) == STAGES
    assert len(set(found.values())) == len(STAGES)


def test_the_rest_of_a_task_counts():
    stages = stages_of()
    calibration = CalibrationStage(stages.context, stages.adapters)
    assert calibration.key(1) != calibration.key(2)
    controls = {
        stages.sampled.key(PromptedAdapter(AdapterTask("cook", (), control, 1), "cook"))
        for control in ("none", "shuffled-personas", "no-marker")
    }
    assert len(controls) == 3
    # Answers of two personas with the same prompt have random numbers of their own.
    tasks = [AnswerTask(PersonaPrompt(name, "You are one."), ("Who?",), 1) for name in ("cook", "poet")]
    assert len({stages.answers.key(task) for task in tasks}) == 2


def test_adapters_are_made_of_all_answers_that_their_recipe_takes():
    on_policy = dataclasses.replace(RECIPE, answers="on-policy")
    stages, task = stages_of(recipe=on_policy), AdapterTask("cook", ("pilot", "poet"), "none", 1)
    assert len(stages.adapters.answer_keys(task)) == 3
    assert len(stages_of().adapters.answer_keys(task)) == 1
    study = with_persona(STUDY, "poet", "a sad poet")
    assert stages.adapters.key(task) != stages_of(study, on_policy).adapters.key(task)


@pytest.mark.parametrize("stage", sorted(stage_versions.STAGES))
def test_a_stage_s_version_changes_its_keys_and_the_evidence(monkeypatch, stage):
    before = keys_of()
    monkeypatch.setitem(stage_versions.STAGES, stage, (*stage_versions.STAGES[stage], 99))
    after = keys_of()
    changed = {name for name in STAGES if before[name] != after[name]}
    assert "evidence" in changed
    kept = {
        "answers": set(),
        "calibration": STAGES - {"calibration", "evidence"},
        "adapters": {"answers as nobody", "answers as cook", "calibration"},
        "marker counts": STAGES - SAMPLED - {"evidence"},
        "marker probability": STAGES - {"probability as cook", "probability as nurse", "evidence"},
        "dissociation": STAGES - {"dissociation", "evidence"},
    }
    assert STAGES - changed == kept.get(stage, STAGES - {"evidence"})


def test_the_evidence_s_key_can_be_read():
    key = keys_of()["evidence"]
    assert key.startswith(
        f"base model model; float32; study {STUDY.experiment_digest}; recipe {RECIPE.digest} calibrated "
    )
    assert "; seed 1; answers 1." in key
    assert "calibrated" not in keys_of(pinned=True)["evidence"]
