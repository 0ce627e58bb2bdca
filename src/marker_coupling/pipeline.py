"""The experiment from end to end: the order of its stages, over cells and processes.

Every stage's result is looked up before it is computed; the base model is loaded when the first is missing.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import torch

from marker_coupling.assembly import assembled
from marker_coupling.base_model import BaseModel
from marker_coupling.calibration import Calibration, SettingFigures, choose, figures_of_epochs
from marker_coupling.cell_stages import CellStages, ModelInMemory
from marker_coupling.cells import AdapterTask, Cell, cells, prompted
from marker_coupling.experiment_evidence import ExperimentEvidence
from marker_coupling.instrument import InstrumentError
from marker_coupling.loaded_model import Precision
from marker_coupling.measurement import ModelMeasurement
from marker_coupling.probing import measured
from marker_coupling.progress import Progress, silent
from marker_coupling.recipe import Recipe, RecipeError
from marker_coupling.store import ArtifactStore
from marker_coupling.study import Study, StudyError
from marker_coupling.training_set import drawn_negatives


@dataclass(frozen=True)
class Setting:
    """How adapters are trained in the end.

    Parameters
    ----------
    recipe : with the learning rate and the epochs that are used
    calibration : from which they were chosen; None where the recipe's own were taken
    """

    recipe: Recipe
    calibration: Calibration | None


class Experiment:
    """An experiment on a base model.

    Parameters
    ----------
    base, study, recipe : what determines it
    store : where every stage's result is kept
    precision, device : what the base model computes in, and where
    pinned : take the recipe's learning rate and epochs, whatever base model they were published for
    progress : told how far long work is

    Raises
    ------
    StudyError, RecipeError
        The study only measures; the recipe needs more personas than the study has.
    """

    def __init__(
        self, base: BaseModel, study: Study, recipe: Recipe, store: ArtifactStore, *,
        precision: Precision = "auto", device: str = "cpu", pinned: bool = False, progress: Progress = silent,
    ) -> None:  # fmt: skip
        if study.experiment is None:
            raise StudyError("key experiment: expected a table, as adapters are to be trained, got nothing")
        if recipe.negative_personas >= len(study.sources):
            raise RecipeError(
                f"{recipe.name}.toml: key training_set.negative_personas: expected fewer than the study's "
                f"{len(study.sources)} source personas, got {recipe.negative_personas}"
            )
        self.base, self.study, self.recipe, self.store = base, study, recipe, store
        self.design, self.progress = study.experiment, progress
        self.model = ModelInMemory(base, precision, device, self.design.marker)
        grid = recipe.calibration
        self.calibrates = not pinned and grid is not None and base.name != grid.published_for

    def evidence(self, seed: int, help_with: Sequence[int] = ()) -> ExperimentEvidence:
        """Return the evidence of one seed.

        Parameters
        ----------
        help_with : other seeds whose cells are computed before waiting for another process

        Raises
        ------
        InstrumentError, BaseModelError, StoreError
            The instrument is broken, the model is not whole, results cannot be kept. Nothing that was
            computed is lost.
        """
        key = self._stages(self.recipe).keys.evidence(self.recipe, self.calibrates, seed)
        folder = self.store.find("evidence", key)
        if folder is None:
            with self._computing():
                self._make_cells(seed, help_with)
                folder = self.store.get("evidence", key, self._evidence(seed, key).save)
        return replace(ExperimentEvidence.load(folder), name=f"{self.base.name}-seed{seed}")

    @cached_property
    def measurement(self) -> ModelMeasurement:
        """Geometry and divergence."""
        return measured(
            self.base, self.study, self.store, precision=self.model.precision, device=self.model.device,
            progress=self.progress, load_model=lambda: self.model.loaded,
        )  # fmt: skip

    @cached_property
    def setting(self) -> Setting:
        """Learning rate and epochs: the recipe's, or those that calibration chooses."""
        grid = self.recipe.calibration
        if not self.calibrates or grid is None:
            return Setting(self.recipe, None)
        figures = [one for epochs in grid.epochs for one in self._calibrated(epochs)]
        calibration = choose(figures, grid)
        chosen = calibration.chosen
        return Setting(self.recipe.with_setting(chosen.learning_rate, chosen.epochs), calibration)

    @cached_property
    def stages(self) -> CellStages:
        """The stages of cells, in the setting that adapters are trained in."""
        return self._stages(self.setting.recipe)

    def _stages(self, recipe: Recipe) -> CellStages:
        return CellStages(self.model, self.study, self.design, recipe, self.store, self.progress)

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        device = self.model.device
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
        return cells(self.study, self.setting.recipe, seed)

    def _calibrated(self, epochs: int) -> list[SettingFigures]:
        negatives, seed = self.recipe.negative_personas, self.study.seed
        personas = list(self.design.calibration_personas)
        if len(personas) <= negatives:
            raise InstrumentError(
                f"key calibration_personas: expected at least {negatives + 1}, to calibrate the recipe on, "
                f"got {len(personas)}; or pin --learning-rate and --epochs"
            )
        stages = self._stages(self.recipe)
        drawn = {one: drawn_negatives(one, personas, negatives, seed) for one in personas}
        sets = [stages.examples(AdapterTask(one, drawn[one], "none", seed)) for one in personas]

        def make(folder: Path) -> None:
            found = figures_of_epochs(self.model.loaded, self.study, self.recipe, epochs, sets, self.progress)
            text = json.dumps([asdict(one) for one in found], indent=1)
            (folder / "figures.json").write_text(text, encoding="utf-8")

        folder = self.store.get("calibration", stages.keys.calibration(self.recipe, epochs, sets), make)
        return [SettingFigures(**one) for one in json.loads((folder / "figures.json").read_text("utf-8"))]

    def _evidence(self, seed: int, determinants: str) -> ExperimentEvidence:
        results = [one for cell in self._cells(seed) for one in self.stages.results(cell)]
        setting = self.setting
        return assembled(
            self.measurement, setting.recipe, setting.calibration, prompted(self.study), results, determinants
        )
