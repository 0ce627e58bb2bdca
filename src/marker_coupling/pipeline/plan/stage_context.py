"""What all stages of an experiment share."""

from __future__ import annotations

from dataclasses import dataclass

from manylora.progress import Progress
from manylora.sampling.sampling_requests import Sampling
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage_versions import STAGES
from marker_coupling.store.artifact_groups import key_of
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.recipe import Recipe


@dataclass(frozen=True, eq=False)
class StageContext:
    """What all stages of an experiment share.

    Parameters
    ----------
    plan : what determines the results
    recipe : with the learning rate and the epochs that are used
    model : the base model
    store, progress : where results are kept, and who is told how far long work is
    """

    plan: ExperimentPlan
    recipe: Recipe
    model: LazyModel
    store: ArtifactStore
    progress: Progress

    def key(self, stage: str, **determinants: object) -> str:
        """Return the key of a stage's result: its version, the base model, and what else determines it."""
        return key_of(stage=stage, version=STAGES[stage], model=self.plan.model_key, **determinants)

    def sampling(self, longest: int) -> Sampling:
        """Return how answers of at most so many tokens are sampled."""
        return Sampling(self.plan.design.temperature, self.plan.design.top_p, longest)

    @property
    def sampling_settings(self) -> dict[str, float]:
        """The part of every key of sampled answers that says how they are sampled."""
        return {"temperature": self.plan.design.temperature, "top_p": self.plan.design.top_p}
