"""A registered study on one base model: calibration, couplings of all sources, geometry."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import partial

from manylora.errors import NotEnoughMemoryError
from manylora.models.base_model import BaseModel, Precision
from manylora.progress import Progress, silent
from marker_coupling.analysis.validity.validity_check import Validity, check_validity
from marker_coupling.evidence.values.study_evidence import StudyEvidence
from marker_coupling.measures.coupling import Coupling
from marker_coupling.measures.marked_chats import check_marker
from marker_coupling.measures.persona_geometry import PersonaGeometry
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.outcome_calibration import (
    OutcomeChoice,
    choose_outcome,
    setting_reliability,
)
from marker_coupling.pipeline.plan.stage import LOCAL, Executor, ensure, results, single_result
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.registered_assembly import assemble_study_evidence, calibration_geometry
from marker_coupling.pipeline.stages.couplings import CouplingsStage
from marker_coupling.pipeline.stages.geometry import GeometryStage
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.registration import Registration

#: Adapters that are trained together; their number changes no result.
GROUP = 48


class RegisteredExperiment:
    """A registered study on one base model.

    Parameters
    ----------
    registration : what is trained and asked
    base : the model
    store, progress : of every stage
    precision, device : that the model computes in and on
    group : adapters that are trained together
    executor : computes the stages
    """

    def __init__(
        self, registration: Registration, base: BaseModel, store: ArtifactStore,
        precision: Precision = "auto", device: str = "cpu", progress: Progress = silent, group: int = GROUP,
        executor: Executor = LOCAL,
    ) -> None:  # fmt: skip
        self.registration, self.store, self.progress, self.group = registration, store, progress, group
        self.executor = executor
        self._stages: dict[tuple[float, int], CouplingsStage] = {}
        self.model = LazyModel(base, precision, device)
        self.plan = ExperimentPlan(
            base, registration.study, registration.recipe, precision, device, pinned=True
        )
        self.model.require(lambda loaded: check_marker(loaded, self.plan.design.marker))

    @property
    def name(self) -> str:
        """Name of its files: the base model's, with the recipe's where that is not the registered one."""
        return "-".join(filter(None, (self.plan.base.name, self.registration.variation)))

    def calibrate(self) -> OutcomeChoice:
        """Choose setting and outcome on the calibration personas.

        Raises
        ------
        ExperimentError, ManyLoraError, BaseModelError, StoreError
            As :meth:`couplings`.
        """
        rule, pool = self.registration.calibration, self.registration.calibrated
        with self.executor.computing(self.model, self.store):
            # Groups of all settings depend on nothing but answers, so that a cluster may take them at once.
            self._ensure(pool, rule.seeds, rule.grid, self.registration.personas.calibration)
            settings = [
                setting_reliability(rate, epochs, self._couplings(pool, rule.seeds, rate, epochs), rule)
                for rate, epochs in rule.grid
            ]
        return choose_outcome(settings, rule, len(self.registration.seeds))

    def validity(self) -> Validity:
        """Return the validity of the composite cosine, on the calibration personas."""
        geometry = self.geometry(self.registration.personas.calibration)
        return check_validity(calibration_geometry(geometry))

    def evidence(self, learning_rate: float, epochs: int, outcome: str) -> StudyEvidence:
        """Return the base model's evidence, with adapters trained in one setting."""
        pool, base = self.registration.personas.sources, self.plan.base
        couplings = self.couplings(pool, self.registration.seeds, learning_rate, epochs)
        computed_with = {tuple(sorted(coupling.computed_with.items())) for coupling in couplings.values()}
        facts = {
            key: ", ".join(sorted({dict(facts)[key] for facts in computed_with if key in dict(facts)}))
            for key in ("device", "torch", "transformers")
        }
        properties = {"fingerprint": base.fingerprint, "computed_in": self.plan.model_key} | facts
        if self.registration.variation:
            properties["recipe"] = self.registration.variation
        return assemble_study_evidence(
            base.name, self.registration, (learning_rate, epochs, outcome), couplings, self.geometry(pool),
            properties,
        )  # fmt: skip

    def couplings(
        self, pool: PersonaPool, seeds: Sequence[int], learning_rate: float, epochs: int
    ) -> Mapping[AdapterTask, Coupling]:
        """Return the couplings of every persona of a pool in every seed; missing ones are computed.

        Several processes share the work: each takes the groups that no other is computing.

        Raises
        ------
        ExperimentError, ManyLoraError, BaseModelError, StoreError
            The marker cannot be measured, the model is not whole, results cannot be kept.
        """
        with self.executor.computing(self.model, self.store):
            self._ensure(pool, seeds, [(learning_rate, epochs)], pool)
            return self._couplings(pool, seeds, learning_rate, epochs)

    def geometry(self, pool: PersonaPool) -> PersonaGeometry:
        """Return the geometry of a pool's personas; measured if it is missing."""
        with self.executor.computing(self.model, self.store):
            return self._geometry(pool)

    def stage(self, learning_rate: float, epochs: int) -> CouplingsStage:
        """Return the stage of couplings in one setting, which knows the keys that it has made."""
        setting = learning_rate, epochs
        if setting not in self._stages:
            recipe = self.registration.recipe.with_setting(*setting)
            self._stages[setting] = CouplingsStage(self._context(recipe), self.registration)
        return self._stages[setting]

    def _couplings(
        self, pool: PersonaPool, seeds: Sequence[int], learning_rate: float, epochs: int
    ) -> Mapping[AdapterTask, Coupling]:
        stage = self.stage(learning_rate, epochs)
        tasks = [task for group in self._groups(pool, seeds) for task in group]
        return dict(zip(tasks, results(self.store, stage, tasks, self.executor), strict=True))

    def _ensure(
        self,
        pool: PersonaPool,
        seeds: Sequence[int],
        settings: Sequence[tuple[float, int]],
        measured: PersonaPool,
    ) -> None:
        """Make couplings be in the store, and a pool's geometry where nothing else is left to do."""
        groups = self._groups(pool, seeds)
        work = [(stage, group) for stage in itertools.starmap(self.stage, settings) for group in groups]
        for wait in (False, True):
            self.executor.run(
                [partial(self._ensure_group, stage, group, wait) for stage, group in work],
                [partial(self._ensure_geometry, measured)],
            )

    def _ensure_geometry(self, pool: PersonaPool) -> bool:
        self._geometry(pool)
        return True

    def _geometry(self, pool: PersonaPool) -> PersonaGeometry:
        stage = GeometryStage(self._context(self.registration.recipe), self.registration)
        return single_result(self.store, stage, pool, self.executor)

    def _context(self, recipe: Recipe) -> StageContext:
        return StageContext(self.plan, recipe, self.model, self.store, self.progress, self.executor)

    def _groups(self, pool: PersonaPool, seeds: Sequence[int]) -> list[tuple[AdapterTask, ...]]:
        groups = []
        for seed in seeds:
            tasks = self.registration.adapters(pool, seed)
            groups += [tasks[start : start + self.group] for start in range(0, len(tasks), self.group)]
        return groups

    def _ensure_group(self, stage: CouplingsStage, group: tuple[AdapterTask, ...], wait: bool) -> bool:
        try:
            return ensure(self.store, stage, group, wait=wait, executor=self.executor) is not None
        except NotEnoughMemoryError as error:
            raise NotEnoughMemoryError(f"{error}; train fewer than {self.group} adapters together") from error
