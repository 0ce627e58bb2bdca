"""Plan of an experiment: its inputs, and the provenance keys of its results.

Needs no PyTorch, which takes seconds to import, so that evidence in the store is found quickly.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from manylora.models.base_model import BaseModel, Precision, chosen_precision
from marker_coupling.evidence.values.experiment_evidence import FILE, ExperimentEvidence
from marker_coupling.pipeline.plan.stage_versions import STAGES
from marker_coupling.store.artifact_groups import key_of
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.experiment_design import ExperimentDesign
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.prompts import PersonaPrompt
from marker_coupling.study.recipe import Recipe, RecipeError
from marker_coupling.study.study import Study, StudyError


@dataclass(frozen=True)
class ExperimentPlan:
    """An experiment on a base model.

    Parameters
    ----------
    base, study, recipe : its inputs
    precision, device : that the base model computes in and on
    pinned : take the recipe's learning rate and epochs on any base model

    Raises
    ------
    StudyError, RecipeError
        The study only measures; the recipe needs more personas than the study has.
    """

    base: BaseModel
    study: Study
    recipe: Recipe
    precision: Precision = "auto"
    device: str = "cpu"
    pinned: bool = False

    def __post_init__(self) -> None:
        if self.study.experiment is None:
            raise StudyError("key experiment: expected a table, as adapters are to be trained, got nothing")
        if self.recipe.negative_personas >= len(self.study.sources):
            raise RecipeError(
                f"{self.recipe.name}.toml: key training_set.negative_personas: expected fewer than the "
                f"study's {len(self.study.sources)} source personas, got {self.recipe.negative_personas}"
            )

    @property
    def design(self) -> ExperimentDesign:
        """The study's experiment."""
        assert self.study.experiment is not None
        return self.study.experiment

    @property
    def calibrates(self) -> bool:
        """True if learning rate and epochs are chosen on the base model, not taken from the recipe."""
        grid = self.recipe.calibration
        return not self.pinned and grid is not None and self.base.name != grid.published_for

    @property
    def model_key(self) -> str:
        """Provenance key of the base model's computations."""
        return f"{self.base.key}; {chosen_precision(self.precision, self.device)}"

    @property
    def personas(self) -> tuple[str, ...]:
        """Personas of the prompts that adapters answer under: the sources, then the assistant."""
        return (*self.study.sources, ASSISTANT)

    def prompt(self, persona: str) -> PersonaPrompt:
        """Return a persona's system prompt, in the study's first wording."""
        return PersonaPrompt(persona, self.study.training_prompt(persona))

    def evidence_key(self, seed: int) -> str:
        """Return the readable provenance key of one seed's evidence, which is the record's key too."""
        training = f"recipe {self.recipe.digest}"
        if self.calibrates and self.recipe.calibration:
            training += f" calibrated {key_of(grid=asdict(self.recipe.calibration))}"
        versions = ", ".join(f"{stage} {'.'.join(map(str, version))}" for stage, version in STAGES.items())
        study = self.study.experiment_digest
        return f"{self.model_key}; study {study}; {training}; seed {seed}; {versions}"

    def find_evidence(self, store: ArtifactStore, seed: int) -> ExperimentEvidence | None:
        """Return the evidence of one seed if it is in the store."""
        folder = store.find("evidence", self.evidence_key(seed))
        return None if folder is None else ExperimentEvidence.read(folder / FILE)
