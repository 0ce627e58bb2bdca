"""Stages name all that they read: with that in the store, computing a result makes nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.stage import LocalExecutor, ensure
from marker_coupling.pipeline.registered_experiment import RegisteredExperiment

from ..tiny_experiment import RECIPE, STUDY, LoggingStore, tiny_base
from ..tiny_registration import tiny_registration


class InputsFirst(LocalExecutor):
    """Makes inputs be there before a stage is computed, as a cluster does."""

    def __init__(self, log):
        self.kinds, self._log = set(), log

    def compute(self, store, stage, folders):
        for source, tasks in stage.inputs(list(folders)):
            ensure(store, source, tasks, executor=self)
        before = self._made()
        stage.compute(folders)
        assert self._made() == before, stage.kind
        self.kinds.add(stage.kind)

    def _made(self):
        return self._log.read_text() if self._log.exists() else ""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base") / "model")


#: Of one seed's groups.
KINDS = {"answers", "adapters", "dissociation", "marker-probability", "measurement", "sampled-answers"}


def evidence(base, folder, recipe):
    executor = InputsFirst(folder / "log")
    store = LoggingStore(folder / "store", folder / "log")
    Experiment(ExperimentPlan(base, STUDY, recipe), store, executor=executor).evidence(1)
    return executor.kinds


def test_an_experiment(base, tmp_path):
    assert evidence(base, tmp_path, RECIPE) == KINDS | {"calibration"}


def test_an_experiment_on_each_persona_s_own_answers(base, tmp_path):
    recipe = dataclasses.replace(RECIPE, answers="on-policy", calibration=None)
    assert evidence(base, tmp_path, recipe) == KINDS


def test_a_registered_study(base, tmp_path):
    executor = InputsFirst(tmp_path / "log")
    store = LoggingStore(tmp_path / "store", tmp_path / "log")
    experiment = RegisteredExperiment(tiny_registration(), base, store, group=3, executor=executor)
    experiment.evidence(1e-2, 1, "forced")
    assert executor.kinds == {"answers", "couplings", "geometry"}
