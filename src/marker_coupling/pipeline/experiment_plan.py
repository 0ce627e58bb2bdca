"""What determines an experiment, and under which keys its results are kept.

Needs no PyTorch, which takes seconds to import: evidence that is there is found without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from manylora.models.base_model import BaseModel
from manylora.models.precision import Precision, chosen_precision
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.pipeline.stage_keys import StageKeys
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.experiment_design import ExperimentDesign
from marker_coupling.study.recipe import Recipe, RecipeError
from marker_coupling.study.study import Study, StudyError


@dataclass(frozen=True)
class ExperimentPlan:
    """An experiment on a base model.

    Parameters
    ----------
    base, study, recipe : what determines it
    precision, device : what the base model computes in, and where
    pinned : take the recipe's learning rate and epochs, whatever base model they were published for

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
        """Whether learning rate and epochs are chosen on the base model rather than taken from the recipe."""
        grid = self.recipe.calibration
        return not self.pinned and grid is not None and self.base.name != grid.published_for

    @property
    def keys(self) -> StageKeys:
        """Keys of all stages."""
        precision = chosen_precision(self.precision, self.device)
        return StageKeys(f"{self.base.key}; {precision}", self.study)

    def evidence_key(self, seed: int) -> str:
        """Key of one seed's evidence."""
        return self.keys.evidence(self.recipe, self.calibrates, seed)

    def found_evidence(self, store: ArtifactStore, seed: int) -> ExperimentEvidence | None:
        """Return the evidence of one seed if it is in the store."""
        folder = store.find("evidence", self.evidence_key(seed))
        if folder is None:
            return None
        return replace(ExperimentEvidence.load(folder), name=f"{self.base.name}-seed{seed}")
