"""Sampled answers of adapters under each persona's prompt, and their marker counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from manylora.sampling.sampling_requests import Request
from marker_coupling.measures.answers import Answers
from marker_coupling.measures.sampled_answers import sample_answers, seeded_requests
from marker_coupling.pipeline.plan.stage import StageInput
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.adapters import AdaptersStage
from marker_coupling.store.artifact_groups import group_by_first
from marker_coupling.study.adapter_groups import AdapterTask, group_name
from marker_coupling.study.errors import AnswersTruncatedError


class PromptedAdapter(NamedTuple):
    """An adapter under one persona's prompt."""

    adapter: AdapterTask
    persona: str


class MarkerCounts(NamedTuple):
    """Counts of sampled answers: with the marker, in all, at the length limit."""

    hits: int
    samples: int
    truncated: int


@dataclass(frozen=True)
class SampledAnswersStage:
    """Answers to the evaluation questions, of all adapters of a group at once."""

    context: StageContext
    adapters: AdaptersStage
    kind = "sampled-answers"

    def key(self, task: PromptedAdapter) -> str:
        """Return the key of an adapter's answers under one persona's prompt."""
        plan, adapter = self.context.plan, task.adapter
        return self.context.key(
            "marker counts", adapter=self.adapters.key(adapter), persona=task.persona,
            task=[adapter.source, adapter.control, adapter.seed], prompt=plan.prompt(task.persona).system,
            questions=plan.study.questions, samples=plan.design.samples_per_question,
            longest=plan.design.longest_answer, **self.context.sampling_settings,
        )  # fmt: skip

    def inputs(self, tasks: Sequence[PromptedAdapter]) -> Sequence[StageInput]:
        """Return the adapters."""
        return [(self.adapters, tuple(dict.fromkeys(task.adapter for task in tasks)))]

    def compute(self, folders: Mapping[PromptedAdapter, Path]) -> None:
        """Sample missing answers, adapters with the same missing prompts at once."""
        plan, loaded = self.context.plan, self.context.model.loaded
        for adapters, personas in group_by_first(folders):
            requests = [
                [
                    seeded_requests(
                        loaded, plan.study.questions, plan.prompt(persona), plan.design.samples_per_question,
                        f"{adapter.source} {adapter.control} {adapter.seed}",
                    )
                    for persona in personas
                ]
                for adapter in adapters
            ]  # fmt: skip
            answers = self.sample(adapters, requests, f"answers as {describe(personas)}")
            for adapter, conditions in zip(adapters, answers, strict=True):
                for persona, sampled in zip(personas, conditions, strict=True):
                    self._check_ends(adapter, persona, sampled)
                    sampled.save(folders[PromptedAdapter(adapter, persona)])

    def load(self, folder: Path) -> MarkerCounts:
        """Count the answers that contain the marker."""
        answers = Answers.load(folder)
        hits = answers.hits(self.context.plan.design.marker)
        return MarkerCounts(hits, len(answers.texts), answers.truncated)

    def sample(
        self,
        adapters: Sequence[AdapterTask],
        requests: Sequence[Sequence[Sequence[Request]]],
        subject: str,
    ) -> list[list[Answers]]:
        """Sample from trained adapters, for each adapter and each condition."""
        context = self.context
        return sample_answers(
            context.model.loaded, context.recipe.adapter, self.adapters.weights(adapters), requests,
            context.sampling(context.plan.design.longest_answer),
            task=f"{group_name(adapters)}: {subject}", progress=context.progress,
        )  # fmt: skip

    def _check_ends(self, adapter: AdapterTask, persona: str, answers: Answers) -> None:
        if adapter.source == persona and answers.truncated == len(answers.texts):
            raise AnswersTruncatedError(
                f"longest_answer = {self.context.plan.design.longest_answer}: expected answers that end "
                f"before this many tokens, got none in {len(answers.texts)} of the adapter of {persona}"
            )


def describe(personas: Sequence[str]) -> str:
    """Return the persona of the prompts, or their number, for progress messages."""
    return personas[0] if len(personas) == 1 else f"{len(personas)} personas"
