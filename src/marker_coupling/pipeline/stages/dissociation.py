"""Answers to crossed prompts: the prompt of the source or another persona, with the opening of either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marker_coupling.evidence.values.dissociation import CONDITIONS
from marker_coupling.measures.answers import Answers
from marker_coupling.measures.crossed_prompts import cross_prompts, opening, other_persona
from marker_coupling.pipeline.plan.stage import StageInput, ensure
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.sampled_answers import (
    MarkerCounts,
    PromptedAdapter,
    SampledAnswersStage,
)
from marker_coupling.study.adapter_groups import AdapterTask

_CONDITION_NAMES = tuple(f"{prompt}-prompt-{opening}-opening" for prompt, opening in CONDITIONS)


@dataclass(frozen=True)
class DissociationStage:
    """Answers to crossed prompts, of all adapters of a group at once."""

    context: StageContext
    sampled: SampledAnswersStage
    kind = "dissociation"

    def key(self, task: AdapterTask) -> str:
        """Return the key of crossed answers, made of the keys of the answers that give the openings."""
        own, other = (
            self.sampled.key(PromptedAdapter(task, persona)) for persona in self.personas(task).values()
        )
        marker = self.context.plan.design.marker
        return self.context.key("dissociation", own=own, other=other, marker=marker, seed=task.seed)

    def personas(self, task: AdapterTask) -> dict[str, str]:
        """Return the two crossed personas, as ``"own"`` and ``"other"``."""
        sources = self.context.plan.study.sources
        return {"own": task.source, "other": other_persona(task.source, task.negatives, sources, task.seed)}

    def inputs(self, tasks: Sequence[AdapterTask]) -> Sequence[StageInput]:
        """Return the adapters, and their answers under the prompts of both crossed personas."""
        prompted = [
            PromptedAdapter(task, persona) for task in tasks for persona in self.personas(task).values()
        ]
        return [(self.sampled.adapters, tasks), (self.sampled, prompted)]

    def compute(self, folders: Mapping[AdapterTask, Path]) -> None:
        """Sample answers to the crossed prompts."""
        plan, requests = self.context.plan, []
        for task in folders:
            personas = self.personas(task)
            requests.append(
                cross_prompts(
                    self.context.model.loaded, plan.study.questions,
                    {role: plan.prompt(persona) for role, persona in personas.items()},
                    {role: self._openings(task, persona) for role, persona in personas.items()},
                    plan.design.samples_per_question, f"{task.source} {task.seed}",
                )
            )  # fmt: skip
        answers = self.sampled.sample(list(folders), requests, "prompt and opening crossed")
        for folder, conditions in zip(folders.values(), answers, strict=True):
            for name, of_condition in zip(_CONDITION_NAMES, conditions, strict=True):
                (folder / name).mkdir()
                of_condition.save(folder / name)

    def load(self, folder: Path) -> tuple[MarkerCounts, ...]:
        """Count the answers with the marker in each condition."""
        return tuple(self.sampled.load(folder / name) for name in _CONDITION_NAMES)

    def _openings(self, task: AdapterTask, persona: str) -> list[str]:
        """Return the openings of an adapter's first answer to each question."""
        design = self.context.plan.design
        folders = ensure(self.context.store, self.sampled, [PromptedAdapter(task, persona)]) or ()
        texts = [text for folder in folders for text in Answers.load(folder).texts]
        return [opening(text, design.marker) for text in texts[:: design.samples_per_question]]
