"""The experiment from end to end: the order of its stages, over adapter groups and processes.

Every stage's result is looked up before it is computed; the base model is loaded when the first is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from manylora.models.base_dropout import dropout_left_off
from manylora.progress import Progress, silent
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.pipeline.assembly import assemble_evidence
from marker_coupling.pipeline.group_stages import GroupStages, check_trainable
from marker_coupling.pipeline.plan.calibration import Calibration, choose
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import LOCAL, Executor, single_result
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.calibration import CalibrationStage
from marker_coupling.pipeline.stages.evidence import EvidenceStage
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterGroup, adapter_groups
from marker_coupling.study.recipe import Recipe


@dataclass(frozen=True)
class Setting:
    """The learning rate and epochs that adapters are trained with.

    Parameters
    ----------
    recipe : with that learning rate and these epochs
    calibration : that chose them; None where the recipe's own were taken
    calibration_keys : of the grid's figures in the store
    """

    recipe: Recipe
    calibration: Calibration | None
    calibration_keys: tuple[str, ...] = ()


class Experiment:
    """An experiment on a base model.

    Parameters
    ----------
    plan : of its inputs
    store : of every stage's results
    progress : callback of long stages
    measurement : of the base model, shared with the claims about it; by default a new one
    executor : computes the stages
    """

    def __init__(
        self, plan: ExperimentPlan, store: ArtifactStore, progress: Progress = silent,
        measurement: MeasurementStage | None = None, executor: Executor = LOCAL,
    ) -> None:  # fmt: skip
        self.plan, self.store, self.progress, self.executor = plan, store, progress, executor
        self._measurement = measurement or MeasurementStage(
            LazyModel(plan.base, plan.precision, plan.device), plan.study, store, progress, executor
        )
        self.model = self._measurement.model
        self.model.require(lambda loaded: check_trainable(plan, loaded))

    def evidence(self, seed: int, help_with: Sequence[int] = ()) -> ExperimentEvidence:
        """Return the evidence of one seed.

        Parameters
        ----------
        help_with : other seeds whose adapter groups are computed before waiting for another process

        Raises
        ------
        ExperimentError, ManyLoraError, BaseModelError, StoreError
            The marker cannot be measured, the model is not whole, results cannot be kept. Computed results
            are kept.
        """
        evidence = self.plan.find_evidence(self.store, seed)
        if evidence is None:
            with self.executor.computing(self.model, self.store):
                self._ensure_groups(seed, help_with)
                # Before the evidence that holds it, for which another process may wait.
                _ = self._measurement.measurement
                evidence = single_result(self.store, EvidenceStage(self.plan, self._assemble), seed)
        return evidence

    @cached_property
    def setting(self) -> Setting:
        """Learning rate and epochs: the recipe's, or the calibrated ones."""
        recipe = self.plan.recipe
        if not self.plan.calibrates or recipe.calibration is None:
            return Setting(recipe, None)
        context = self._context(recipe)
        stage = CalibrationStage(context, GroupStages(context).adapters)
        epochs = recipe.calibration.epochs

        def calibrated(count: int) -> bool:
            single_result(self.store, stage, count, self.executor)
            return True

        self.executor.run([partial(calibrated, count) for count in epochs])
        figures = [single_result(self.store, stage, count) for count in epochs]
        calibration = choose([setting for of_epochs in figures for setting in of_epochs], recipe.calibration)
        chosen = calibration.chosen
        return Setting(
            recipe.with_setting(chosen.learning_rate, chosen.epochs),
            calibration,
            tuple(stage.key(count) for count in epochs),
        )

    @cached_property
    def stages(self) -> GroupStages:
        """The stages of adapter groups, in the chosen setting."""
        return GroupStages(self._context(self.setting.recipe))

    def _context(self, recipe: Recipe) -> StageContext:
        return StageContext(self.plan, recipe, self.model, self.store, self.progress, self.executor)

    def _ensure_groups(self, seed: int, help_with: Sequence[int]) -> None:
        groups = self._groups(seed)
        others = [group for other in help_with for group in self._groups(other)]
        computed = self.executor.run(
            [partial(self.stages.ensure, group, False) for group in groups],
            [*(partial(self.stages.ensure, group, False) for group in others), self._ensure_measurement],
        )
        waiting = [group for group, done in zip(groups, computed, strict=True) if not done]
        self.executor.run([partial(self.stages.ensure, group, True) for group in waiting])

    def _ensure_measurement(self) -> bool:
        _ = self._measurement.measurement
        return True

    def _groups(self, seed: int) -> list[AdapterGroup]:
        return adapter_groups(self.plan.study, self.setting.recipe, seed)

    def _assemble(self, seed: int, key: str) -> ExperimentEvidence:
        results = [result for group in self._groups(seed) for result in self.stages.results(group)]
        setting = self.setting
        return assemble_evidence(
            self._measurement.measurement, setting.recipe, setting.calibration, self.plan.personas, results,
            key, setting.calibration_keys, dropout_left_off(self.plan.base.directory),
        )  # fmt: skip
