"""What determines each stage's result, as keys of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from marker_coupling.pipeline.stage_versions import STAGES
from marker_coupling.store.artifact_groups import key_of
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.experiment_design import ExperimentDesign
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import Study
from marker_coupling.study.training_set import TrainingSet


@dataclass(frozen=True)
class StageKeys:
    """Keys of one base model's stages.

    Parameters
    ----------
    model : what determines what the base model computes: fingerprint and precision
    study : with an experiment
    """

    model: str
    study: Study

    def answers(self, prompt: str | None, name: str, questions: Sequence[str], seed: int) -> str:
        """Key of somebody's answers to questions; the name seeds their random numbers."""
        design = self._design
        return self._key(
            "answers", prompt=prompt, name=name, questions=questions, seed=seed,
            longest=design.longest_training_answer, **_drawing(design),
        )  # fmt: skip

    def calibration(self, recipe: Recipe, epochs: int, sets: Sequence[TrainingSet]) -> str:
        """Key of one pass over the grid's learning rates."""
        design, grid = self._design, recipe.calibration
        assert grid is not None
        return self._key(
            "calibration", recipe=recipe.digest, rates=grid.learning_rates, epochs=epochs,
            examples=[self._examples(one) for one in sets], questions=self.study.questions,
            assistant=self.study.training_prompt("assistant"), marker=design.marker, seed=self.study.seed,
            longest=design.longest_answer, **_drawing(design),
        )  # fmt: skip

    def adapter(self, recipe: Recipe, task: AdapterTask, examples: TrainingSet) -> str:
        """Key of a trained adapter."""
        return self._key(
            "adapters", recipe=recipe.digest, examples=self._examples(examples), marker=self._design.marker,
            seed=task.seed,
        )  # fmt: skip

    def sampled(self, adapter: str, task: AdapterTask, persona: str) -> str:
        """Key of an adapter's answers under one persona's prompt."""
        design = self._design
        return self._key(
            "marker counts", adapter=adapter, task=[task.source, task.control, task.seed], persona=persona,
            prompt=self.study.training_prompt(persona), questions=self.study.questions,
            samples=design.samples_per_question, longest=design.longest_answer, **_drawing(design),
        )  # fmt: skip

    def probability(self, adapter: str, persona: str, given: Sequence[str]) -> str:
        """Key of an adapter's marker probabilities after given answers under one persona's prompt."""
        return self._key(
            "marker probability", adapter=adapter, prompt=self.study.training_prompt(persona),
            questions=self.study.questions, answers=given, marker=self._design.marker,
        )  # fmt: skip

    def dissociation(self, task: AdapterTask, own: str, other: str) -> str:
        """Key of an adapter's dissociation, from the keys of its answers under two prompts."""
        return self._key("dissociation", own=own, other=other, marker=self._design.marker, seed=task.seed)

    def evidence(self, recipe: Recipe, calibrated: bool, seed: int) -> str:
        """All that determines an evidence, to be read: the key of the record too."""
        training = f"recipe {recipe.digest}"
        if calibrated and recipe.calibration:
            training += f" calibrated {key_of(grid=asdict(recipe.calibration))}"
        versions = " ".join(f"{stage} {'.'.join(map(str, one))}," for stage, one in STAGES.items())
        return f"{self.model}; study {self.study.experiment_digest}; {training}; seed {seed}; {versions[:-1]}"

    @property
    def _design(self) -> ExperimentDesign:
        assert self.study.experiment is not None
        return self.study.experiment

    def _key(self, stage: str, **determinants: object) -> str:
        return key_of(stage=stage, version=STAGES[stage], model=self.model, **determinants)

    def _examples(self, examples: TrainingSet) -> str:
        prompt = self.study.training_prompt
        return key_of(
            examples=[(prompt(e.persona), e.question, e.answer, e.positive) for e in examples.examples]
        )


def _drawing(design: ExperimentDesign) -> dict[str, float]:
    return {"temperature": design.temperature, "top_p": design.top_p}
