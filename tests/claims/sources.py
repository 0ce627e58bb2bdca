"""Evidence that a base model gives: a measurement, and experiments in which adapters are trained on it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from marker_coupling.evidence.values.evidence import Evidence
from pytest_claims import BrokenEvidence, EvidenceSource

from .lasting import lasting
from .progress import ProgressLines

Source = EvidenceSource | BrokenEvidence
#: What a base model is measured on; the claims about it compare these with the published numbers.
MODEL_MEASURES = frozenset({"model_geometry", "model_divergence"})
EXPERIMENT_MEASURES = frozenset(
    {"cosine_to_assistant", "js_to_assistant", "source_rate", "leakage", "leak_to_assistant",
     "marker_probability", "dissociation", "trained_rate"}
)  # fmt: skip
DEFAULT_MODEL, ORIGINAL_MODEL, TOY = "smollm2-135m", "Qwen/Qwen2.5-7B-Instruct", "toy"
#: One example in three carries the marker if there are two personas without it, as the claims say.
ORIGINAL_NEGATIVES = 2


def can_measure() -> bool:
    """Return whether what measuring needs is installed."""
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers"))


def model_sources(config: pytest.Config, published: Evidence | None, experiments: bool) -> Iterator[Source]:
    """Yield what the base model gives.

    Parameters
    ----------
    published : tells whether the study's personas are the published ones
    experiments : whether adapters are trained as well
    """
    asked = config.getoption("base_model")
    if asked == "none" or (asked is None and not can_measure()):
        return
    name = asked or (ORIGINAL_MODEL if experiments else DEFAULT_MODEL)
    if name not in (DEFAULT_MODEL, TOY) and os.path.exists(given := given_path(config, name)):  # noqa: PTH110
        name = str(given)
    if not can_measure():
        needed = "expected PyTorch and transformers: pip install 'marker-coupling[model]'"
        yield BrokenEvidence(name, f"--base-model={name}: {needed}")
        return
    try:
        yield from _Model(config, name, experiments).sources(published)
    except _setup_errors() as error:
        yield BrokenEvidence(Path(name).name or name, str(error))


def given_path(config: pytest.Config, given: str) -> Path:
    """Return the path that an option names: from the folder that pytest was started in, else from the root."""
    here, below_root = config.invocation_params.dir / given, config.rootpath / given
    # Unlike a Path's, these take any text for a name.
    return below_root if os.path.exists(below_root) and not os.path.exists(here) else here  # noqa: PTH110


def own_gpu(worker: str, gpus: int) -> str:
    """Return the GPU of one of several processes: the k-th has the k-th, or shares one where there are fewer."""
    return f"cuda:{int(worker.removeprefix('gw')) % gpus}"


class _Model:
    """A base model with what it is asked; loads nothing before a claim asks for it."""

    def __init__(self, config: pytest.Config, name: str, experiments: bool) -> None:
        from marker_coupling.pipeline.plan.base_models import short_name
        from marker_coupling.study.recipe import read_recipe
        from marker_coupling.study.study import read_study

        self._config, self._name, self._experiments = config, name, experiments
        self._short = short_name(name)
        folder = "toy/" if name == TOY else ""
        self._study_file = self._file("study", f"fixtures/{folder}study.toml")
        self._study = read_study(self._study_file)
        if experiments:
            recipe = "toy" if name == TOY else "original"
            self._recipe = read_recipe(self._file("recipe", f"fixtures/recipes/{recipe}.toml"))
            self._pinned = _pinned(config)

    def sources(self, published: Evidence | None) -> Iterator[EvidenceSource]:
        """Yield the measurement, then one experiment a seed."""
        marks = (pytest.mark.gpu,) if self._experiments else ()
        measures = MODEL_MEASURES
        if published is not None and set(self._study.sources) <= set(published.personas):
            measures |= {"published_personas"}
        yield EvidenceSource(self._short, measures, self._measured, _load_errors(), marks)
        if not self._experiments:
            return
        design = self._study.experiment
        if design is None:
            raise _study_error(self._study_file, "experiment", "a table, as adapters are to be trained")
        measures = EXPERIMENT_MEASURES | {f"persona:{persona}" for persona in self._study.sources}
        if design.controls:
            measures |= {"controls"}
        if self._recipe.negative_personas != ORIGINAL_NEGATIVES:
            measures -= {"trained_rate"}
        seeds = self._config.getoption("seeds") or design.seeds
        for seed in seeds:
            yield EvidenceSource(
                f"{self._short}-seed{seed}", measures, self._experiment(seed, seeds), _load_errors(), marks
            )

    def _file(self, option: str, default: str) -> Path:
        given = self._config.getoption(option)
        return self._config.rootpath / default if given is None else given_path(self._config, given)

    @cached_property
    def _store(self) -> Any:
        from marker_coupling.store.artifacts import ArtifactStore, default_root

        artifacts = self._config.getoption("artifacts")
        return ArtifactStore(self._config.invocation_params.dir / artifacts if artifacts else default_root())

    def _device(self) -> str:
        given = self._config.getoption("device")
        if given is None and self._experiments:
            import torch

            return own_gpu(os.environ.get("PYTEST_XDIST_WORKER", "gw0"), torch.cuda.device_count())
        return given or "cpu"

    @cached_property
    def _measurement(self) -> Any:
        """The measurement, one for the claims about it and for all experiments."""
        from marker_coupling.pipeline.plan.lazy_model import LazyModel
        from marker_coupling.pipeline.stages.measurement import MeasurementStage

        model = LazyModel(self._base, self._config.getoption("precision") or "auto", self._device())
        return MeasurementStage(model, self._study, self._store, ProgressLines(self._config))

    def _measured(self) -> Any:
        with lasting():
            return self._measurement.measurement

    def _experiment(self, seed: int, seeds: tuple[int, ...]) -> Callable[[], object]:
        def load() -> object:
            evidence = self._plan.find_evidence(self._store, seed)
            if evidence is None:
                evidence = self._computed.evidence(seed, [other for other in seeds if other != seed])
            return replace(evidence, name=f"{self._short}-seed{seed}")

        return load

    @cached_property
    def _computed(self) -> Any:
        """The experiment, whose seeds share setting and measurement."""
        # PyTorch takes seconds to import, and is not needed for what is there.
        with lasting():
            from marker_coupling.pipeline.experiment import Experiment

        return Experiment(self._plan, self._store, ProgressLines(self._config), self._measurement)

    @cached_property
    def _base(self) -> Any:
        from manylora.models.model_depth import configured_blocks
        from marker_coupling.pipeline.plan.base_models import find_base_model
        from marker_coupling.study.study import StudyError

        base = find_base_model(self._name, self._store)
        if (blocks := configured_blocks(base.directory)) is not None:
            try:
                self._study.check_layers(blocks)
            except StudyError as error:
                # Said before anything is sampled or trained.
                raise StudyError(f"{self._study_file}: {error}") from error
        return base

    @cached_property
    def _plan(self) -> Any:
        from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan

        recipe = self._recipe
        if self._pinned:
            rate, epochs = recipe.optimization.learning_rate, recipe.optimization.epochs
            recipe = recipe.with_setting(self._pinned[0] or rate, self._pinned[1] or epochs)
        return ExperimentPlan(
            self._base, self._study, recipe,
            precision=self._config.getoption("precision") or "auto", device=self._device(),
            pinned=self._pinned is not None,
        )  # fmt: skip


def _pinned(config: pytest.Config) -> tuple[float | None, int | None] | None:
    rate, epochs = config.getoption("learning_rate"), config.getoption("epochs")
    return None if rate is None and epochs is None else (rate, epochs)


def _study_error(path: Path, key: str, expected: str) -> ValueError:
    from marker_coupling.study.study import StudyError

    return StudyError(f"{path}: key {key}: expected {expected}, got nothing")


def _setup_errors() -> tuple[type[Exception], ...]:
    from marker_coupling.study.recipe import RecipeError
    from marker_coupling.study.study import StudyError

    return StudyError, RecipeError


def _load_errors() -> tuple[type[Exception], ...]:
    from manylora.errors import BaseModelError, ManyLoraError
    from marker_coupling.store.artifacts import StoreError
    from marker_coupling.study.errors import ExperimentError

    return BaseModelError, StoreError, ManyLoraError, ExperimentError, *_setup_errors()
