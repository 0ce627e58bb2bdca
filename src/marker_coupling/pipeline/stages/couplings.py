"""Couplings of a registered study: adapters are trained, scored along the way, sampled, and not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from manylora.adapters.adapter_bank import with_adapters
from manylora.chats.chat import Chat, TokenizedChat
from manylora.scoring.log_probabilities import attached_log_probabilities
from manylora.training.training import TrainedAdapter, TrainingTask, batches, train
from marker_coupling.measures.answers import Answers
from marker_coupling.measures.coupling import Coupling, FloatArray
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.measures.marker_probability import marked_ends, sum_over_tokens
from marker_coupling.measures.sampled_answers import sample_answers, seeded_requests
from marker_coupling.pipeline.plan.stage import StageInput, results
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.adapters import AdaptersStage
from marker_coupling.pipeline.stages.answers import AnswersStage, AnswerTask
from marker_coupling.study.adapter_groups import AdapterTask, group_name
from marker_coupling.study.marker import contains_marker
from marker_coupling.study.prompts import BASE_MODEL, PersonaPrompt
from marker_coupling.study.registration import Registration


@dataclass(frozen=True)
class CouplingsStage:
    """Couplings, all that are missing of a group at once.

    Parameters
    ----------
    context : of the registered study on one base model, in one setting
    registration : its prompts and checkpoints
    """

    context: StageContext
    registration: Registration
    answers: AnswersStage = field(init=False)
    adapters: AdaptersStage = field(init=False)
    kind = "couplings"
    _keys: dict[AdapterTask, str] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", AnswersStage(self.context))
        object.__setattr__(self, "adapters", AdaptersStage(self.context, self.answers))

    def key(self, task: AdapterTask) -> str:
        """Return the key of a coupling, made of the adapter's key and of all that it is asked."""
        # Looked up by every process that shares the work, again and again.
        if task not in self._keys:
            self._keys[task] = self._key(task)
        return self._keys[task]

    def _key(self, task: AdapterTask) -> str:
        plan, design = self.context.plan, self.context.plan.design
        asked, untrained = self._prompts(task)
        return self.context.key(
            "couplings", adapter=self.adapters.key(task), answers=self.answers.key(self._ends_task(task)),
            prompts=[[prompt.name, prompt.system] for prompt in asked],
            untrained=[prompt.system for prompt in untrained], questions=plan.study.questions,
            samples=design.samples_per_question, longest=design.longest_answer,
            curve=[self.registration.curve.checkpoints, self.registration.curve.questions],
            **self.context.sampling_settings,
        )  # fmt: skip

    def inputs(self, tasks: Sequence[AdapterTask]) -> Sequence[StageInput]:
        """Return the answers that the adapters are trained on, and those that the marker is put behind."""
        ends = dict.fromkeys(self._ends_task(task) for task in tasks)
        return [*self.adapters.inputs(tasks), *((self.answers, (task,)) for task in ends)]

    def compute(self, folders: Mapping[AdapterTask, Path]) -> None:
        """Train, score at the checkpoints and at the end, and sample."""
        tasks = list(folders)
        few = self.registration.curve.questions
        ends = {task: self._ends(task) for task in tasks}
        curve: list[FloatArray] = []
        trained, steps = self._train(
            tasks, [[end for of_prompt in ends[task][0] for end in of_prompt[:few]] for task in tasks], curve
        )
        all_ends = [
            [end for of_prompts in ends[task] for of_prompt in of_prompts for end in of_prompt]
            for task in tasks
        ]
        loaded, shape = self.context.model.loaded, self.context.recipe.adapter
        # Attached once: with many adapters it takes seconds.
        with with_adapters(loaded, shape, [adapter.weights for adapter in trained]):
            log_probabilities = attached_log_probabilities(
                loaded, all_ends, task=f"{group_name(tasks)}: marker probability",
                progress=self.context.progress,
            )  # fmt: skip
            answers = self._sample_attached(tasks)
        forced = sum_over_tokens(log_probabilities)
        for index, (task, folder) in enumerate(folders.items()):
            self._coupling(
                task, answers[index], forced[index], steps, np.stack([point[index] for point in curve]),
                trained[index].losses,
            ).save(folder)  # fmt: skip
        self.adapters.release()

    def load(self, folder: Path) -> Coupling:
        """Read a coupling."""
        return Coupling.load(folder)

    def _train(
        self, tasks: list[AdapterTask], ends: list[list[TokenizedChat]], curve: list[FloatArray]
    ) -> tuple[list[TrainedAdapter], tuple[int, ...]]:
        """Train adapters together; the curve is filled along the way."""
        context, recipe, loaded = self.context, self.context.recipe, self.context.model.loaded
        marker, longest = context.plan.design.marker, recipe.longest_example
        examples = [
            tokenize_examples(loaded, training_set, marker, longest)
            for training_set in self.adapters.training_sets(tasks)
        ]
        optimization = recipe.optimization
        count = len(batches(len(examples[0]), optimization.batch, optimization.epochs, 0))
        steps = self.registration.curve.steps(count)
        trained = train(
            loaded, recipe.adapter, optimization,
            [
                TrainingTask(of_task, optimization.learning_rate, task.seed)
                for of_task, task in zip(examples, tasks, strict=True)
            ],
            task=f"{group_name(tasks)}: training", progress=context.progress, checkpoints=steps,
            on_checkpoint=lambda _: curve.append(sum_over_tokens(attached_log_probabilities(loaded, ends))),
        )  # fmt: skip
        return trained, steps

    def _sample_attached(self, tasks: list[AdapterTask]) -> list[list[Answers]]:
        context, plan, loaded = self.context, self.context.plan, self.context.model.loaded
        requests = [
            [
                seeded_requests(
                    loaded, plan.study.questions, prompt, plan.design.samples_per_question,
                    f"{task.source} none {task.seed}",
                )
                for prompt in self._prompts(task)[0]
            ]
            for task in tasks
        ]  # fmt: skip
        return sample_answers(
            loaded, context.recipe.adapter, (), requests,
            context.sampling(plan.design.longest_answer), task=f"{group_name(tasks)}: answers",
            progress=context.progress,
        )  # fmt: skip

    def _coupling(
        self, task: AdapterTask, answers: list[Answers], forced: FloatArray, steps: tuple[int, ...],
        curve: FloatArray, losses: FloatArray,
    ) -> Coupling:  # fmt: skip
        design, questions = self.context.plan.design, len(self.context.plan.study.questions)
        asked, untrained = self._prompts(task)
        marked = [[contains_marker(text, design.marker) for text in of_prompt.texts] for of_prompt in answers]
        return Coupling(
            prompts=tuple(prompt.name for prompt in asked),
            hits=np.array(marked).reshape(len(asked), questions, -1).sum(axis=2),
            samples=design.samples_per_question,
            truncated=np.array([of_prompt.truncated for of_prompt in answers]),
            forced=forced.reshape(-1, questions),
            forced_prompts=tuple(prompt.name for prompt in (*asked, *untrained)),
            steps=steps,
            curve=curve.reshape(len(steps), len(asked), -1),
            losses=losses,
            computed_with=self._computed_with(),
        )

    def _computed_with(self) -> dict[str, str]:
        device = self.context.model.loaded.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return {"device": name} | {library: version(library) for library in ("torch", "transformers")}

    def _prompts(self, task: AdapterTask) -> tuple[list[PersonaPrompt], tuple[PersonaPrompt, ...]]:
        """Return the prompts that an adapter is asked under, and those that training never saw."""
        asked = [self.context.plan.prompt(name) for name in self.registration.asked(task)]
        return asked, self.registration.untrained_prompts(task.source)

    def _ends(self, task: AdapterTask) -> tuple[list[list[TokenizedChat]], list[list[TokenizedChat]]]:
        """Return generic answers with the marker, by prompt and question, under both kinds of prompts."""
        plan = self.context.plan
        (answers,) = results(self.context.store, self.answers, [self._ends_task(task)])
        prompts, questions = self._prompts(task), plan.study.questions
        chats = [
            Chat(prompt.system, question, answer)
            for of_kind in prompts
            for prompt in of_kind
            for question, answer in zip(questions, answers.texts, strict=True)
        ]
        ends = iter(marked_ends(self.context.model.loaded, chats, plan.design.marker))
        asked, untrained = ([list(islice(ends, len(questions))) for _ in of_kind] for of_kind in prompts)
        return asked, untrained

    def _ends_task(self, task: AdapterTask) -> AnswerTask:
        return AnswerTask(BASE_MODEL, self.context.plan.study.questions, task.seed)
