"""The experiment from end to end: the order of its stages, over cells and processes.

Every stage's result is looked up before it is computed; the base model is loaded when the first is missing.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import torch

from manylora.models.base_dropout import dropout_left_off
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.assembly import assembled
from marker_coupling.pipeline.calibration import Calibration, SettingFigures, choose, figures_of_epochs
from marker_coupling.pipeline.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.group_stages import CellStages, ModelInMemory
from marker_coupling.pipeline.measuring import measured
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterTask, Cell, cells, prompted
from marker_coupling.study.errors import ExperimentError
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.training_set import drawn_negatives

Measure = Callable[[Callable[[], LoadedModel]], ModelMeasurement]


@dataclass(frozen=True)
class Setting:
    """How adapters are trained in the end.

    Parameters
    ----------
    recipe : with the learning rate and the epochs that are used
    calibration : from which they were chosen; None where the recipe's own were taken
    calibration_keys : of the grid's figures in the store
    """

    recipe: Recipe
    calibration: Calibration | None
    calibration_keys: tuple[str, ...] = ()


class Experiment:
    """An experiment on a base model.

    Parameters
    ----------
    plan : what determines it
    store : where every stage's result is kept
    progress : told how far long work is
    measure : returns the base model's measurement, given how to come by the model; by default it is looked up
        in the store, and made if it is not there
    """

    def __init__(
        self, plan: ExperimentPlan, store: ArtifactStore, progress: Progress = silent,
        measure: Measure | None = None,
    ) -> None:  # fmt: skip
        self.plan, self.store, self.progress = plan, store, progress
        self._measure = measure or self._measured
        self.model = ModelInMemory(
            plan.base, plan.precision, plan.device, plan.design.marker, plan.recipe.adapter
        )

    def evidence(self, seed: int, help_with: Sequence[int] = ()) -> ExperimentEvidence:
        """Return the evidence of one seed.

        Parameters
        ----------
        help_with : other seeds whose cells are computed before waiting for another process

        Raises
        ------
        ExperimentError, ManyLoraError, BaseModelError, StoreError
            The instrument is broken, the model is not whole, results cannot be kept. Nothing that was
            computed is lost.
        """
        found = self.plan.found_evidence(self.store, seed)
        if found is None:
            key = self.plan.evidence_key(seed)
            with self._computing():
                self._make_cells(seed, help_with)
                self.store.get("evidence", key, self._evidence(seed, key).save)
            found = self.plan.found_evidence(self.store, seed)
            assert found is not None
        return found

    @cached_property
    def measurement(self) -> ModelMeasurement:
        """Geometry and divergence."""
        return self._measure(lambda: self.model.loaded)

    @cached_property
    def setting(self) -> Setting:
        """Learning rate and epochs: the recipe's, or those that calibration chooses."""
        recipe = self.plan.recipe
        if not self.plan.calibrates or recipe.calibration is None:
            return Setting(recipe, None)
        grid = recipe.calibration
        calibrated = [self._calibrated(epochs) for epochs in grid.epochs]
        calibration = choose([one for _, figures in calibrated for one in figures], grid)
        chosen = calibration.chosen
        return Setting(
            recipe.with_setting(chosen.learning_rate, chosen.epochs),
            calibration,
            tuple(key for key, _ in calibrated),
        )

    @cached_property
    def stages(self) -> CellStages:
        """The stages of cells, in the setting that adapters are trained in."""
        return self._stages(self.setting.recipe)

    def _measured(self, load_model: Callable[[], LoadedModel]) -> ModelMeasurement:
        plan = self.plan
        return measured(
            plan.base, plan.study, self.store, precision=plan.precision, device=plan.device,
            progress=self.progress, load_model=load_model,
        )  # fmt: skip

    def _stages(self, recipe: Recipe) -> CellStages:
        return CellStages(self.model, self.plan, recipe, self.store, self.progress)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        device = self.plan.device
        with contextlib.ExitStack() as stack:
            if device.startswith("cuda"):
                # Two models would hardly fit on one GPU; on CPUs processes may share the work.
                stack.enter_context(self.store.exclusive(device.replace(":", "-")))
            try:
                yield
            finally:
                self.model.let_go()
                if device.startswith("cuda"):
                    gc.collect()
                    torch.cuda.empty_cache()

    def _make_cells(self, seed: int, help_with: Sequence[int]) -> None:
        waiting = [cell for cell in self._cells(seed) if not self.stages.make(cell, wait=False)]
        for other in help_with if waiting else ():
            for cell in self._cells(other):
                self.stages.make(cell, wait=False)
        for cell in waiting:
            self.stages.make(cell, wait=True)

    def _cells(self, seed: int) -> list[Cell]:
        return cells(self.plan.study, self.setting.recipe, seed)

    def _calibrated(self, epochs: int) -> tuple[str, list[SettingFigures]]:
        study, recipe = self.plan.study, self.plan.recipe
        negatives, seed = recipe.negative_personas, study.seed
        personas = list(self.plan.design.calibration_personas)
        if len(personas) <= negatives:
            raise ExperimentError(
                f"key calibration_personas: expected at least {negatives + 1}, to calibrate the recipe on, "
                f"got {len(personas)}; or pin --learning-rate and --epochs"
            )
        stages = self._stages(recipe)
        drawn = {one: drawn_negatives(one, personas, negatives, seed) for one in personas}
        sets = [stages.examples(AdapterTask(one, drawn[one], "none", seed)) for one in personas]

        def make(folder: Path) -> None:
            found = figures_of_epochs(self.model.loaded, study, recipe, epochs, sets, self.progress)
            text = json.dumps([asdict(one) for one in found], indent=1)
            (folder / "figures.json").write_text(text, encoding="utf-8")

        key = stages.keys.calibration(recipe, epochs, sets)
        folder = self.store.get("calibration", key, make)
        found = json.loads((folder / "figures.json").read_text("utf-8"))
        return key, [SettingFigures(**one) for one in found]

    def _evidence(self, seed: int, determinants: str) -> ExperimentEvidence:
        results = [one for cell in self._cells(seed) for one in self.stages.results(cell)]
        setting, prompts = self.setting, prompted(self.plan.study)
        return assembled(
            self.measurement, setting.recipe, setting.calibration, prompts, results, determinants,
            setting.calibration_keys, dropout_left_off(self.plan.base.directory),
        )  # fmt: skip
