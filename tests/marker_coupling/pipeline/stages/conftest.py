from __future__ import annotations

import pytest
import torch

from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.store.artifacts import ArtifactStore

from ...tiny_experiment import RECIPE, STUDY, tiny_base


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """A model this small gains nothing from more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """An experiment on a tiny random model, without calibration; nothing of it is computed yet."""
    folder = tmp_path_factory.mktemp("experiment")
    plan = ExperimentPlan(tiny_base(folder / "tiny"), STUDY, RECIPE, pinned=True)
    return Experiment(plan, ArtifactStore(folder / "store"))


@pytest.fixture(scope="module")
def group(experiment):
    """The first two adapters of seed 1."""
    return experiment._groups(1)[0]
