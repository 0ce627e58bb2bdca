"""Setup of a stage: all that a worker needs to compute its tasks as the driver would."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manylora.models.base_model import BaseModel, Precision
from manylora.progress import Progress
from marker_coupling.cluster.wire_values import from_text
from marker_coupling.pipeline.group_stages import GroupStages, check_trainable
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import Stage
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.answers import AnswerTask
from marker_coupling.pipeline.stages.calibration import CalibrationStage
from marker_coupling.pipeline.stages.couplings import CouplingsStage
from marker_coupling.pipeline.stages.geometry import GeometryStage
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterTask, group_name
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.registration import Registration
from marker_coupling.study.study import Study

#: Tasks of each kind of stage.
TASKS: Mapping[str, type] = {
    "answers": AnswerTask,
    "adapters": AdapterTask,
    "calibration": int,
    "couplings": AdapterTask,
    "dissociation": AdapterTask,
    "geometry": PersonaPool,
    "marker-probability": PromptedAdapter,
    "measurement": type(None),
    "sampled-answers": PromptedAdapter,
}


@dataclass(frozen=True)
class BaseIdentity:
    """A base model, as it is found on another machine.

    Parameters
    ----------
    name, fingerprint, chat_digest : as in `BaseModel`
    directory : where the driver has it; workers may have it there too
    content : digest of the directory's files
    """

    name: str
    fingerprint: str
    chat_digest: str
    directory: str
    content: str

    def at(self, directory: Path) -> BaseModel:
        """Return the base model in a directory with the same files."""
        return BaseModel(self.name, directory, self.fingerprint, self.chat_digest)


@dataclass(frozen=True)
class StageSetup:
    """Setup of a stage: its parts but for model and store.

    Parameters
    ----------
    base : the base model
    study : of the stage
    recipe : with the learning rate and the epochs in use; None for a measurement
    registration : of a registered study
    precision, device : that the model computes in and on
    pinned : as in `ExperimentPlan`
    """

    base: BaseIdentity
    study: Study
    recipe: Recipe | None
    registration: Registration | None
    precision: Precision
    device: str
    pinned: bool

    @classmethod
    def of(cls, stage: Stage[Any, Any], identify: Callable[[BaseModel], BaseIdentity]) -> StageSetup:
        """Return the setup of a stage.

        Parameters
        ----------
        identify : returns the identity of a base model
        """
        if isinstance(stage, MeasurementStage):
            model = stage.model
            return cls(
                identify(model.base), stage.study, None, None, model.precision, _kind(model.device), False
            )
        context: StageContext = stage.context  # type: ignore[attr-defined]
        plan = context.plan
        return cls(
            identify(plan.base), plan.study, context.recipe, getattr(stage, "registration", None),
            plan.precision, _kind(plan.device), plan.pinned,
        )  # fmt: skip

    def stages(
        self, model: LazyModel, store: ArtifactStore, progress: Progress
    ) -> dict[str, Stage[Any, Any]]:
        """Return the stages of this setup by their kind.

        Parameters
        ----------
        model : the base model
        store : of inputs
        progress : callback of long stages
        """
        if self.recipe is None:
            return {"measurement": MeasurementStage(model, self.study, store, progress)}
        plan = ExperimentPlan(model.base, self.study, self.recipe, self.precision, self.device, self.pinned)
        context = StageContext(plan, self.recipe, model, store, progress)
        model.require(lambda loaded: check_trainable(plan, loaded))
        groups = GroupStages(context)
        stages: list[Any] = [
            groups.answers, groups.adapters, groups.sampled, groups.probability, groups.dissociation,
            CalibrationStage(context, groups.adapters),
        ]  # fmt: skip
        if self.registration is not None:
            stages += [
                CouplingsStage(context, self.registration), GeometryStage(context, self.registration)
            ]  # fmt: skip
        return {stage.kind: stage for stage in stages}


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def tasks_from_text(kind: str, text: str) -> list[Any]:
    """Read tasks of a kind of stage from what :func:`to_text` returned."""
    return list(from_text(Sequence[TASKS[kind]], text))  # type: ignore[valid-type]


def describe(kind: str, tasks: list[Any]) -> str:
    """Return a stage with its tasks in words, for messages."""
    first = tasks[0]
    if isinstance(first, PromptedAdapter):
        return f"{kind} of {group_name([*dict.fromkeys(task.adapter for task in tasks)])}"
    if isinstance(first, AdapterTask):
        return f"{kind} of {group_name(tasks)}"
    if isinstance(first, AnswerTask):
        return f"{kind} of the base model, seed {first.seed}"
    if isinstance(first, PersonaPool):
        return f"{kind} of {len(first.personas)} personas"
    return f"{kind} for {first} epochs" if isinstance(first, int) else kind


def _kind(device: str) -> str:
    """Return a device without its number: a worker has one GPU, whatever its number there."""
    return device.partition(":")[0]
