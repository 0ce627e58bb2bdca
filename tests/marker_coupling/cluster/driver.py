"""A driver in a process of its own, which can be killed."""

from __future__ import annotations

from pathlib import Path

import torch

from marker_coupling.cluster.executor import RayExecutor
from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan

from ..tiny_experiment import RECIPE, STUDY, LoggingStore


def run(address: str, model: Path, root: Path, log: Path) -> None:
    """Make the evidence of two seeds on a cluster."""
    torch.set_num_threads(1)
    store = LoggingStore(root, log)
    with RayExecutor(address, share_stores=False) as executor:
        plan = ExperimentPlan(find_base_model(str(model), store), STUDY, RECIPE)
        experiment = Experiment(plan, store, executor=executor)
        experiment.evidence(1, (2,))
        experiment.evidence(2, (1,))
