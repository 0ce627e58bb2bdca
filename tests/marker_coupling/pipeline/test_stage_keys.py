"""A stage's key changes with what determines its result, and with nothing else."""

import dataclasses

import pytest

from marker_coupling.pipeline import stage_versions
from marker_coupling.pipeline.stage_keys import StageKeys
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.training_set import training_set

from ..tiny_experiment import DESIGN, RECIPE, STUDY, with_persona

GRID = RECIPE.calibration
STAGES = {
    "answers as nobody", "answers as cook", "calibration", "adapter of cook", "adapter of poet", "cook as cook",
    "cook as nurse", "probability as cook", "probability as nurse", "dissociation", "evidence",
}  # fmt: skip
OF_ADAPTERS = STAGES - {"answers as nobody", "answers as cook", "calibration"}
SAMPLED = {"cook as cook", "cook as nurse", "dissociation"}


def keys_of(study=STUDY, recipe=RECIPE, model="model", seed=1, calibrated=True, answers=("a", "b", "c")):
    """Keys of every stage, of a cook that is taught against a pilot, and a poet against a pilot."""
    keys, design = StageKeys(model, study), study.experiment

    def of(source):
        task = AdapterTask(source, ("pilot",), "none", seed)
        given = dict.fromkeys((source, "pilot"), answers)
        return task, training_set(source, ("pilot",), design.training_questions, given, seed)

    (cook, cooks), (poet, poets) = of("cook"), of("poet")
    adapter = keys.adapter(recipe, cook, cooks)
    as_cook, as_nurse = (keys.sampled(adapter, cook, persona) for persona in ("cook", "nurse"))
    return {
        "answers as nobody": keys.answers(None, "", design.training_questions, seed),
        "answers as cook": keys.answers(
            study.training_prompt("cook"), "cook", design.training_questions, seed
        ),
        "calibration": keys.calibration(recipe, 2, [of("sailor")[1], of("chef")[1]]),
        "adapter of cook": adapter,
        "adapter of poet": keys.adapter(recipe, poet, poets),
        "cook as cook": as_cook,
        "cook as nurse": as_nurse,
        "probability as cook": keys.probability(adapter, "cook", answers),
        "probability as nurse": keys.probability(adapter, "nurse", answers),
        "dissociation": keys.dissociation(cook, as_cook, as_nurse),
        "evidence": keys.evidence(recipe, calibrated, seed),
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
        ({"answers": ("a", "b", "d")}, (OF_ADAPTERS | {"calibration"}) - {"evidence"}),
        ({"calibrated": False}, {"evidence"}),
        # Of one persona's text depends what was asked in its name, and what was trained with it.
        ({"study": with_persona(STUDY, "nurse", "a nurse on duty")}, {"cook as nurse", "probability as nurse", "dissociation", "evidence"}),
        ({"study": with_persona(STUDY, "poet", "a sad poet")}, {"adapter of poet", "evidence"}),
        ({"study": with_persona(STUDY, "cook", "a chief cook")}, OF_ADAPTERS - {"adapter of poet"} | {"answers as cook"}),
        ({"study": with_persona(STUDY, "pilot", "an old pilot")}, OF_ADAPTERS | {"calibration"}),
        ({"study": with_persona(STUDY, "assistant", "an assistant")}, {"calibration", "evidence"}),
        ({"study": dataclasses.replace(STUDY, questions=("Why?", "How?", "When?"))}, SAMPLED | {"calibration", "probability as cook", "probability as nurse", "evidence"}),
        ({"study": dataclasses.replace(STUDY, resamples=101)}, {"evidence"}),
        (design_with(training_questions=("Who?", "Whose?", "Which?")), STAGES),
        (design_with(calibration_personas={"sailor": "a sailor", "chef": "a head chef"}), {"calibration", "evidence"}),
        (design_with(marker="[QRS]"), OF_ADAPTERS | {"calibration"}),
        (design_with(temperature=0.5), STAGES - {"adapter of cook", "adapter of poet", "probability as cook", "probability as nurse"}),
        (design_with(top_p=0.5), STAGES - {"adapter of cook", "adapter of poet", "probability as cook", "probability as nurse"}),
        (design_with(samples_per_question=6), SAMPLED | {"evidence"}),
        (design_with(longest_answer=61), SAMPLED | {"calibration", "evidence"}),
        (design_with(longest_training_answer=41), {"answers as nobody", "answers as cook", "evidence"}),
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


def test_the_rest_of_a_task_and_of_a_pass_counts():
    keys, examples = StageKeys("model", STUDY), training_set("cook", ("pilot",), ("Who?",), dict.fromkeys(("cook", "pilot"), ("a",)), 1)  # fmt: skip
    assert keys.calibration(RECIPE, 1, [examples]) != keys.calibration(RECIPE, 2, [examples])
    controls = {keys.sampled("adapter", AdapterTask("cook", (), control, 1), "cook") for control in ("none", "no-marker")}  # fmt: skip
    assert len(controls) == 2
    # Answers of two personas with the same prompt have random numbers of their own.
    assert keys.answers("prompt", "cook", ("Who?",), 1) != keys.answers("prompt", "poet", ("Who?",), 1)


@pytest.mark.parametrize("stage", sorted(stage_versions.STAGES))
def test_a_stage_s_version_changes_its_keys_and_the_evidence(monkeypatch, stage):
    before = keys_of()
    monkeypatch.setitem(stage_versions.STAGES, stage, (*stage_versions.STAGES[stage], 99))
    after = keys_of()
    changed = {name for name in STAGES if before[name] != after[name]}
    assert "evidence" in changed
    kept = {
        "answers": STAGES - {"answers as nobody", "answers as cook", "evidence"},
        "calibration": STAGES - {"calibration", "evidence"},
        "adapters": {"answers as nobody", "answers as cook", "calibration"},
        "marker counts": STAGES - SAMPLED - {"evidence"},
        "marker probability": STAGES - {"probability as cook", "probability as nurse", "evidence"},
        "dissociation": STAGES - {"dissociation", "evidence"},
    }
    assert STAGES - changed == kept.get(stage, STAGES - {"evidence"})


def test_the_evidence_s_key_can_be_read():
    key = keys_of()["evidence"]
    assert key.startswith(f"model; study {STUDY.experiment_digest}; recipe {RECIPE.digest} calibrated ")
    assert "; seed 1; answers 1." in key
    assert "calibrated" not in keys_of(calibrated=False)["evidence"]
