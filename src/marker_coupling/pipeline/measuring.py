"""The measurement of a base model, from the store if it was made before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from manylora.models.base_model import BaseModel
from manylora.models.precision import Precision, chosen_precision
from manylora.progress import Progress, silent
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline import stage_versions
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.study import Study

if TYPE_CHECKING:
    from manylora.models.loaded_model import LoadedModel


def measured(
    base: BaseModel,
    study: Study,
    store: ArtifactStore,
    *,
    precision: Precision = "auto",
    device: str = "cpu",
    progress: Progress = silent,
    load_model: Callable[[], LoadedModel] | None = None,
) -> ModelMeasurement:
    """Return the measurement of a base model.

    Parameters
    ----------
    load_model : how to come by the model where it may be in memory already; by default it is loaded

    Raises
    ------
    BaseModelError, StoreError, StudyError
        The model is not whole; the measurement cannot be kept; no layer of the model is deep enough.
    """
    chosen = chosen_precision(precision, device)
    version = stage_versions.MEASUREMENT
    key = f"{base.key}; study {study.digest}; measurement {version}; {chosen}"

    def make(folder: Path) -> None:
        # PyTorch takes seconds to import, and what was made before needs none of it.
        from manylora.loading import load
        from marker_coupling.measures.hidden_states import measure

        loaded = load_model() if load_model else load(base, precision, device)
        study.check_layers(loaded.blocks)
        measure(loaded, study, key, progress).save(folder)

    return ModelMeasurement.load(store.get("measurement", key, make), study)
