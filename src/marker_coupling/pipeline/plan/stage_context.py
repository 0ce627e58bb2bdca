"""Context of an experiment's stages: plan, recipe, model, store, progress, executor."""

from __future__ import annotations

from dataclasses import dataclass

from manylora.progress import Progress
from manylora.sampling.sampling_requests import Sampling
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import LOCAL, Executor
from marker_coupling.pipeline.plan.stage_versions import REGISTERED_STAGES, STAGES
from marker_coupling.store.artifact_groups import key_of
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.recipe import Recipe


@dataclass(frozen=True, eq=False)
class StageContext:
    """Plan, recipe, model, store, progress and executor, shared by all stages of an experiment.

    Parameters
    ----------
    plan : of the experiment
    recipe : with the learning rate and the epochs in use
    model : the base model
    store : of results
    progress : callback of long stages
    executor : computes the stages
    """

    plan: ExperimentPlan
    recipe: Recipe
    model: LazyModel
    store: ArtifactStore
    progress: Progress
    executor: Executor = LOCAL

    def key(self, stage: str, **determinants: object) -> str:
        """Return the provenance key of a stage's result: its version, the base model, and other inputs."""
        version = {**STAGES, **REGISTERED_STAGES}[stage]
        return key_of(stage=stage, version=version, model=self.plan.model_key, **determinants)

    def sampling(self, longest: int) -> Sampling:
        """Return the sampling settings of answers with at most ``longest`` tokens."""
        return Sampling(self.plan.design.temperature, self.plan.design.top_p, longest)

    @property
    def sampling_settings(self) -> dict[str, float]:
        """The sampling settings in every key of sampled answers."""
        return {"temperature": self.plan.design.temperature, "top_p": self.plan.design.top_p}
