"""The base model's own answers, for training and for the teacher-forced marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marker_coupling.measures.answers import Answers, answer_questions
from marker_coupling.pipeline.plan.stage import StageInput
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.study.prompts import PersonaPrompt


@dataclass(frozen=True)
class AnswerTask:
    """The base model's answers to questions under one prompt.

    Parameters
    ----------
    prompt : of all questions
    questions : each answered once
    seed : of the experiment
    """

    prompt: PersonaPrompt
    questions: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class AnswersStage:
    """Answers of the base model."""

    context: StageContext
    kind = "answers"

    def key(self, task: AnswerTask) -> str:
        """Return the key of the answers; the persona's name seeds their random numbers."""
        return self.context.key(
            "answers", prompt=task.prompt.system, name=task.prompt.name, questions=task.questions,
            seed=task.seed, longest=self.context.plan.design.longest_training_answer,
            **self.context.sampling_settings,
        )  # fmt: skip

    def inputs(self, tasks: Sequence[AnswerTask]) -> Sequence[StageInput]:
        """Return nothing: answers are the base model's alone."""
        return ()

    def compute(self, folders: Mapping[AnswerTask, Path]) -> None:
        """Sample the answers of all tasks at once; they share questions and seed."""
        (questions, seed), *_ = {(task.questions, task.seed) for task in folders}
        context = self.context
        answers = answer_questions(
            context.model.loaded, [task.prompt for task in folders], questions,
            context.sampling(context.plan.design.longest_training_answer), seed, context.progress,
        )  # fmt: skip
        for folder, of_persona in zip(folders.values(), answers, strict=True):
            of_persona.save(folder)

    def load(self, folder: Path) -> Answers:
        """Read answers."""
        return Answers.load(folder)
