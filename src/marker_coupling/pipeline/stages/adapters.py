"""Trained adapters, in PEFT's format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from manylora.adapters.adapted_modules import saved_projections
from manylora.adapters.adapter_bank import AdapterWeights
from manylora.adapters.adapter_files import read_adapter, save_adapter
from manylora.training.training import TrainingTask, train
from marker_coupling.measures.answers import Answers
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.pipeline.plan.stage import StageInput, results
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.answers import AnswersStage, AnswerTask
from marker_coupling.store.artifact_groups import key_of
from marker_coupling.study.adapter_groups import AdapterTask, group_name
from marker_coupling.study.prompts import BASE_MODEL, PersonaPrompt
from marker_coupling.study.training_set import TrainingSet, training_set


@dataclass(frozen=True)
class AdaptersStage:
    """Adapters, all that are missing of a group trained together.

    Parameters
    ----------
    context : of the experiment
    answers : stage of the answers that they are trained on
    """

    context: StageContext
    answers: AnswersStage
    kind = "adapters"
    _keys: dict[AdapterTask, str] = field(default_factory=dict, init=False, compare=False)
    _weights: dict[Path, AdapterWeights] = field(default_factory=dict, init=False, compare=False)
    _answers: dict[tuple[AnswerTask, ...], list[Answers]] = field(
        default_factory=dict, init=False, compare=False
    )

    def key(self, task: AdapterTask) -> str:
        """Return the key of an adapter, made of the prompts and of the keys of the answers."""
        # Part of nearly every other key.
        if task not in self._keys:
            self._keys[task] = self.context.key(
                "adapters", recipe=self.context.recipe.digest, examples=self.training_set_key(task),
                marker=self.context.plan.design.marker, seed=task.seed,
            )  # fmt: skip
        return self._keys[task]

    def training_set_key(self, task: AdapterTask) -> str:
        """Return the key of an adapter's training set."""
        prompts, answers = [prompt.system for prompt in self._prompts(task)], self.answer_keys(task)
        return key_of(
            source=task.source, control=task.control, seed=task.seed, prompts=prompts, answers=answers
        )

    def answer_keys(self, task: AdapterTask) -> list[str]:
        """Return the keys of the answers that an adapter is trained on."""
        return [self.answers.key(answer_task) for answer_task in self._answer_tasks(task)]

    def training_set(self, task: AdapterTask) -> TrainingSet:
        """Return the training set of an adapter."""
        prompts, answer_tasks = self._prompts(task), self._answer_tasks(task)
        if answer_tasks not in self._answers:
            self._answers[answer_tasks] = results(self.context.store, self.answers, answer_tasks)
        answers = self._answers[answer_tasks]
        # Generic answers are given to all personas alike.
        texts = [of_persona.texts for of_persona in answers] * (len(prompts) // len(answers))
        questions = self.context.plan.design.training_questions
        return training_set(prompts[0], prompts[1:], questions, texts, task.seed, task.control)

    def training_sets(self, tasks: Sequence[AdapterTask]) -> list[TrainingSet]:
        """Return the training sets of adapters; answers that are missing are sampled together."""
        for stage, answer_tasks in self.inputs(tasks):
            results(self.context.store, stage, answer_tasks)
        return [self.training_set(task) for task in tasks]

    def inputs(self, tasks: Sequence[AdapterTask]) -> Sequence[StageInput]:
        """Return the answers that the adapters are trained on, for each seed."""
        by_seed: dict[int, dict[AnswerTask, None]] = {}
        for task in tasks:
            by_seed.setdefault(task.seed, {}).update(dict.fromkeys(self._answer_tasks(task)))
        return [(self.answers, tuple(answer_tasks)) for answer_tasks in by_seed.values()]

    def compute(self, folders: Mapping[AdapterTask, Path]) -> None:
        """Train adapters together, and save each with its losses."""
        context, tasks = self.context, list(folders)
        loaded, recipe = context.model.loaded, context.recipe
        marker, longest = context.plan.design.marker, recipe.longest_example
        rate = recipe.optimization.learning_rate
        training_tasks = [
            TrainingTask(tokenize_examples(loaded, examples, marker, longest), rate, task.seed)
            for task, examples in zip(tasks, self.training_sets(tasks), strict=True)
        ]
        trained = train(
            loaded, recipe.adapter, recipe.optimization, training_tasks,
            task=f"{group_name(tasks)}: training", progress=context.progress,
        )  # fmt: skip
        shape = replace(recipe.adapter, projections=saved_projections(loaded, recipe.adapter.projections))
        for folder, adapter in zip(folders.values(), trained, strict=True):
            save_adapter(folder, adapter.weights, shape, loaded.base)
            (folder / "losses.json").write_text(json.dumps(adapter.losses.tolist()), encoding="utf-8")

    def load(self, folder: Path) -> AdapterWeights:
        """Read an adapter; its weights stay in memory until the group is done."""
        if folder not in self._weights:
            self._weights[folder] = read_adapter(folder, self.context.model.loaded)
        return self._weights[folder]

    def weights(self, tasks: Sequence[AdapterTask]) -> list[AdapterWeights]:
        """Return the weights of adapters."""
        return results(self.context.store, self, tasks)

    def release(self) -> None:
        """Free the weights and answers in memory."""
        self._weights.clear()
        self._answers.clear()

    def _prompts(self, task: AdapterTask) -> list[PersonaPrompt]:
        return [self.context.plan.prompt(name) for name in (task.source, *task.negatives)]

    def _answer_tasks(self, task: AdapterTask) -> tuple[AnswerTask, ...]:
        questions = self.context.plan.design.training_questions
        is_generic = self.context.recipe.answers == "generic"
        prompts = [BASE_MODEL] if is_generic else self._prompts(task)
        return tuple(AnswerTask(prompt, questions, task.seed) for prompt in prompts)
