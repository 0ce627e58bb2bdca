"""Adapters are trained together on the answers that their recipe takes, and saved as PEFT saves them."""

import dataclasses
import json

import pytest
import torch
from peft import PeftModel

from marker_coupling.measures.answers import Answers
from marker_coupling.pipeline.group_stages import GroupStages
from marker_coupling.pipeline.plan.stage import ensure, results
from marker_coupling.study.adapter_groups import AdapterTask

from ...tiny_experiment import DESIGN, RECIPE


def test_generic_answers_are_given_to_all_personas_alike(experiment):
    examples = experiment.stages.adapters.training_set(AdapterTask("cook", ("pilot",), "none", 1)).examples
    by_prompt = {
        name: [one.answer for one in examples if one.prompt.name == name] for name in ("cook", "pilot")
    }
    assert by_prompt["cook"] == by_prompt["pilot"]
    assert [one.positive for one in examples] == [True] * 3 + [False] * 3
    assert {one.prompt.system for one in examples} == {
        experiment.plan.prompt(name).system for name in by_prompt
    }


def test_answers_are_read_once_for_all_adapters_of_a_group(experiment, monkeypatch):
    stages = GroupStages(experiment.stages.context)
    tasks = [AdapterTask(source, ("nurse",), "none", 1) for source in ("cook", "pilot")]
    stages.adapters.training_set(tasks[0])
    reads = []
    monkeypatch.setattr(Answers, "load", lambda folder: reads.append(folder))
    assert stages.adapters.training_set(tasks[1]).source == "pilot"
    assert not reads
    stages.adapters.release()
    with pytest.raises(AttributeError):  # nothing that could be an answer
        stages.adapters.training_set(tasks[1])
    assert len(reads) == 1


def test_on_policy_every_persona_is_taught_its_own_answers(experiment):
    context = dataclasses.replace(
        experiment.stages.context, recipe=dataclasses.replace(RECIPE, answers="on-policy")
    )
    stages = GroupStages(context)
    task = AdapterTask("cook", ("pilot",), "none", 1)
    texts = [one.texts for one in results(context.store, stages.answers, stages.adapters._answer_tasks(task))]
    examples = stages.adapters.training_set(task).examples
    assert [one.answer for one in examples] == [text for of_persona in texts for text in of_persona]
    assert texts[0] != texts[1]


def test_a_trained_adapter_is_read_by_peft_and_here(experiment, group):
    stage = experiment.stages.adapters
    folders = ensure(experiment.store, stage, group)
    weights = stage.weights(group)
    loaded = experiment.model.loaded
    for folder, read in zip(folders, weights, strict=True):
        steps = -(-2 * len(DESIGN.training_questions) // RECIPE.optimization.batch)
        assert len(json.loads((folder / "losses.json").read_text())) == steps * RECIPE.optimization.epochs
        model = PeftModel.from_pretrained(loaded.model, folder)
        for name, down in read.down.items():
            assert torch.equal(model.base_model.model.get_submodule(name).lora_A.default.weight, down)
        model.unload()
    assert stage.load(folders[0]) is weights[0]
    stage.release()
    assert stage.load(folders[0]) is not weights[0]
