"""The measurement of a base model: hidden states and divergences of every persona in every wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from manylora.models.base_model import chosen_precision
from manylora.progress import Progress, silent
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.plan import stage_versions
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import LOCAL, Executor, StageInput, single_result
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.study import Study


class MeasurementStage:
    """The measurement of a base model, made once for the claims about it and for all its experiments.

    Parameters
    ----------
    model : the base model, loaded only if there is no measurement yet
    study : personas, wordings and questions
    store, progress : of the measurement
    executor : computes it
    """

    kind = "measurement"

    def __init__(
        self, model: LazyModel, study: Study, store: ArtifactStore, progress: Progress = silent,
        executor: Executor = LOCAL,
    ) -> None:  # fmt: skip
        self.model, self.study, self.store, self.progress = model, study, store, progress
        self.executor = executor

    @cached_property
    def measurement(self) -> ModelMeasurement:
        """The measurement.

        Raises
        ------
        BaseModelError, StoreError
            The model is not whole; the measurement cannot be kept.
        """
        return single_result(self.store, self, None, self.executor)

    def key(self, task: None = None) -> str:
        """Return the provenance key of the measurement."""
        model, version = self.model, stage_versions.MEASUREMENT
        precision = chosen_precision(model.precision, model.device)
        return f"{model.base.key}; study {self.study.digest}; measurement {version}; {precision}"

    def inputs(self, tasks: Sequence[None]) -> Sequence[StageInput]:
        """Return nothing: a measurement is the base model's alone."""
        return ()

    def compute(self, folders: Mapping[None, Path]) -> None:
        """Measure the model."""
        # PyTorch takes seconds to import; a measurement in the store does without.
        from marker_coupling.measures.hidden_states import measure

        for folder in folders.values():
            measure(self.model.loaded, self.study, self.key(), self.progress).save(folder)

    def load(self, folder: Path) -> ModelMeasurement:
        """Read the measurement."""
        return ModelMeasurement.load(folder, self.study)
