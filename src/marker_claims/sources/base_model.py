"""Sources of a base model: its measurement, and experiments in which adapters are trained on it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from manylora.errors import BaseModelError, ManyLoraError
from manylora.models.base_model import BaseModel
from marker_claims.cluster import executor_of
from marker_claims.garbage_collection import frozen_imports
from marker_claims.progress_lines import ProgressLines
from marker_claims.sources.model_request import ModelRequest, read_request, requested_name
from marker_claims.sources.tables import published_evidence
from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.measures import EXPERIMENT_MEASURES
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import Executor
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import StoreError
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.study import StudyError
from pytest_claims import BrokenEvidence, EvidenceSource, Origin

if TYPE_CHECKING:
    from marker_coupling.measures.measurement import ModelMeasurement
    from marker_coupling.pipeline.experiment import Experiment

#: Told in their one line, which names file or option, key and expectation, without a traceback.
EXPECTED = (BaseModelError, EvidenceError, ManyLoraError, RecipeError, StoreError, StudyError)
#: What measuring needs and judging tables does not.
LIBRARIES = ("torch", "transformers")
#: What a base model is measured on; the claims about it compare these with the published numbers.
MODEL_MEASURES = frozenset({"model_geometry", "model_divergence", "distances"})
#: One example in three carries the marker if there are two personas without it, as the claims say.
ORIGINAL_NEGATIVES = 2
NOW = Origin.MEASURED_NOW


def can_measure() -> bool:
    """Return whether what measuring needs is installed."""
    return all(importlib.util.find_spec(library) for library in LIBRARIES)


def versions_of_libraries() -> Mapping[str, str]:
    """Return the versions of the libraries that measure; none where one of them is missing."""
    if not can_measure():
        return {}
    return {f"version.{library}": importlib.metadata.version(library) for library in LIBRARIES}


def base_model_sources(config: pytest.Config) -> Iterator[EvidenceSource | BrokenEvidence]:
    """Yield the base model's measurement; with ``-m gpu`` also one experiment a seed.

    A model that cannot be had is one broken source; there is none where PyTorch is missing and no model is
    asked for.
    """
    name = requested_name(config)
    if name == "none" or (config.getoption("base_model") is None and not can_measure()):
        return
    if not can_measure():
        needed = "expected PyTorch and transformers: pip install 'marker-coupling[model]'"
        yield BrokenEvidence(name, f"--base-model={name}: {needed}")
        return
    try:
        model = _RequestedModel(
            read_request(config, name), ProgressLines(config), lambda: executor_of(config)
        )
    except EXPECTED as error:
        yield BrokenEvidence(Path(name).name or name, str(error))
        return
    marks = (pytest.mark.gpu,) if config.getoption("trains_adapters") else ()
    yield from model.sources(_published_personas(config), marks)


def _published_personas(config: pytest.Config) -> frozenset[str]:
    try:
        return frozenset(published_evidence(config).personas)
    except EvidenceError:  # a broken source of its own
        return frozenset()


class _RequestedModel:
    """A base model with what is asked of it; looks for nothing before a claim asks for it."""

    def __init__(
        self, request: ModelRequest, progress: ProgressLines, executor: Callable[[], Executor]
    ) -> None:
        self._request, self._progress, self._executor = request, progress, executor

    def sources(
        self, published: frozenset[str], marks: tuple[pytest.MarkDecorator, ...]
    ) -> Iterator[EvidenceSource]:
        """Yield the measurement, then one experiment a seed.

        Parameters
        ----------
        published : the published study's personas, with whom the study's may be compared
        marks : put on every test that is judged on them
        """
        study, recipe = self._request.study, self._request.recipe
        personas = {f"persona:{persona}" for persona in study.sources}
        measures = MODEL_MEASURES | personas
        if published and set(study.sources) <= published:
            measures |= {"published_personas"}
        yield EvidenceSource(self._request.short_name, measures, self._measured, EXPECTED, marks, origin=NOW)
        if recipe is None or study.experiment is None:
            return
        measures = EXPERIMENT_MEASURES | personas
        if study.experiment.controls:
            measures |= {"controls"}
        if recipe.negative_personas != ORIGINAL_NEGATIVES:
            measures -= {"trained_rate"}
        for seed in self._request.seeds:
            name = f"{self._request.short_name}-seed{seed}"
            yield EvidenceSource(name, measures, self._loader(name, seed), EXPECTED, marks, origin=NOW)

    def _loader(self, name: str, seed: int) -> Callable[[], ExperimentEvidence]:
        def load() -> ExperimentEvidence:
            evidence = self._plan.find_evidence(self._request.store, seed)
            if evidence is None:
                others = [other for other in self._request.seeds if other != seed]
                evidence = self._experiment.evidence(seed, others)
            return replace(evidence, name=name, labels=self._request.study.labels)

        return load

    def _measured(self) -> ModelMeasurement:
        with frozen_imports():
            return self._measurement.measurement

    @cached_property
    def _measurement(self) -> MeasurementStage:
        """The measurement, one for the claims about it and for all experiments."""
        request = self._request
        model = LazyModel(self._base, request.precision, self._device)
        return MeasurementStage(model, request.study, request.store, self._progress, self._executor())

    @cached_property
    def _device(self) -> str:
        return self._request.chosen_device()

    @cached_property
    def _base(self) -> BaseModel:
        return find_base_model(self._request.name, self._request.store)

    @cached_property
    def _plan(self) -> ExperimentPlan:
        request = self._request
        assert request.recipe is not None
        return ExperimentPlan(
            self._base, request.study, request.recipe,
            precision=request.precision, device=self._device, pinned=request.pinned,
        )  # fmt: skip

    @cached_property
    def _experiment(self) -> Experiment:
        """The experiment, whose seeds share setting and measurement."""
        # PyTorch takes seconds to import, and is not needed for what is in the store.
        with frozen_imports():
            from marker_coupling.pipeline.experiment import Experiment

        return Experiment(
            self._plan, self._request.store, self._progress, self._measurement, self._executor()
        )
