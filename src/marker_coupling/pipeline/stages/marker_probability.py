"""The probability of the marker at the end of generic answers, under each persona's prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from manylora.chats.chat import Chat
from marker_coupling.measures.marker_probability import marked_ends, marker_probabilities
from marker_coupling.pipeline.plan.stage import StageInput, results
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.adapters import AdaptersStage
from marker_coupling.pipeline.stages.answers import AnswersStage, AnswerTask
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter, describe
from marker_coupling.store.artifact_groups import group_by_first
from marker_coupling.study.adapter_groups import AdapterTask, group_name
from marker_coupling.study.prompts import BASE_MODEL

_FILE = "probability.json"


@dataclass(frozen=True)
class MarkerProbabilityStage:
    """Marker probabilities, of all adapters of a group at once."""

    context: StageContext
    adapters: AdaptersStage
    answers: AnswersStage
    kind = "marker-probability"

    def key(self, task: PromptedAdapter) -> str:
        """Return the key of an adapter's marker probabilities under one persona's prompt."""
        plan = self.context.plan
        return self.context.key(
            "marker probability", adapter=self.adapters.key(task.adapter),
            prompt=plan.prompt(task.persona).system, questions=plan.study.questions,
            answers=self.answer_key(task.adapter), marker=plan.design.marker,
        )  # fmt: skip

    def answer_key(self, adapter: AdapterTask) -> str:
        """Return the key of the generic answers before the marker."""
        return self.answers.key(self._answer_task(adapter))

    def inputs(self, tasks: Sequence[PromptedAdapter]) -> Sequence[StageInput]:
        """Return the adapters, and the generic answers before the marker."""
        adapters = tuple(dict.fromkeys(task.adapter for task in tasks))
        answers = dict.fromkeys(self._answer_task(adapter) for adapter in adapters)
        return [(self.adapters, adapters), *((self.answers, (task,)) for task in answers)]

    def compute(self, folders: Mapping[PromptedAdapter, Path]) -> None:
        """Compute missing probabilities, adapters with the same missing prompts at once."""
        context, plan = self.context, self.context.plan
        loaded, questions = context.model.loaded, plan.study.questions
        for adapters, personas in group_by_first(folders):
            (answers,) = results(context.store, self.answers, [self._answer_task(adapters[0])])
            chats = [
                [
                    Chat(plan.prompt(persona).system, question, answer)
                    for question, answer in zip(questions, answers.texts, strict=True)
                ]
                for persona in personas
            ]
            ends = [marked_ends(loaded, of_persona, plan.design.marker) for of_persona in chats]
            probabilities = marker_probabilities(
                loaded, context.recipe.adapter, self.adapters.weights(adapters), list(chain(*ends)),
                task=f"{group_name(adapters)}: marker probability as {describe(personas)}",
                progress=context.progress,
            ).reshape(len(adapters), len(personas), -1)  # fmt: skip
            for adapter, of_adapter in zip(adapters, probabilities.tolist(), strict=True):
                for persona, row in zip(personas, of_adapter, strict=True):
                    path = folders[PromptedAdapter(adapter, persona)] / _FILE
                    path.write_text(json.dumps(row), encoding="utf-8")

    def load(self, folder: Path) -> float:
        """Return the mean over questions."""
        return float(np.mean(json.loads((folder / _FILE).read_text("utf-8"))))

    def _answer_task(self, adapter: AdapterTask) -> AnswerTask:
        return AnswerTask(BASE_MODEL, self.context.plan.study.questions, adapter.seed)
