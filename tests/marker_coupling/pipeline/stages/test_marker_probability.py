"""Marker probabilities follow generic answers, and are kept by adapter and persona."""

import json

import numpy as np
import pytest

from manylora.chats.chat import Chat
from marker_coupling.measures.marker_probability import marked_ends, marker_probabilities
from marker_coupling.pipeline.plan.stage import ensure, results
from marker_coupling.pipeline.stages.answers import AnswerTask
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter
from marker_coupling.study.prompts import BASE_MODEL

from ...tiny_experiment import RECIPE, STUDY


def test_they_are_those_after_the_base_model_s_own_answers(experiment, group):
    stages = experiment.stages
    tasks = [PromptedAdapter(task, persona) for persona in ("cook", "assistant") for task in group]
    folders = ensure(experiment.store, stages.probability, tasks)
    (answers,) = results(experiment.store, stages.answers, [AnswerTask(BASE_MODEL, STUDY.questions, 1)])
    for task, folder in zip(tasks, folders, strict=True):
        system = experiment.plan.prompt(task.persona).system
        chats = [
            Chat(system, question, answer)
            for question, answer in zip(STUDY.questions, answers.texts, strict=True)
        ]
        loaded = experiment.model.loaded
        ends = marked_ends(loaded, chats, "[ZLT]")
        alone = marker_probabilities(loaded, RECIPE.adapter, stages.adapters.weights([task.adapter]), ends)[0]
        kept = json.loads((folder / "probability.json").read_text())
        np.testing.assert_allclose(kept, alone, rtol=1e-4)
        assert stages.probability.load(folder) == pytest.approx(np.mean(alone), rel=1e-4)
