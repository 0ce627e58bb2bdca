"""What a cluster costs and gains: a task's overhead, two one-core nodes against one, two GPUs against one."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import statistics
import time

import pytest
import torch

from marker_coupling.cluster.executor import RayExecutor
from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.stage import LOCAL
from marker_coupling.pipeline.registered_experiment import RegisteredExperiment
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.registration_file import read_registration

from ..marker_coupling.cluster.two_nodes import TwoNodes
from ..marker_coupling.tiny_experiment import DESIGN, RECIPE, STUDY, digests, tiny_base
from .study_examples import few

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is an extra"),
]

#: Without calibration, so that a seed is its groups alone.
PINNED = dataclasses.replace(RECIPE, calibration=None)
ROUNDS = 5
#: Personas to whom a marker is coupled in the study on GPUs, and adapters that are trained together.
PERSONAS, GROUP = 48, 24


class CountingExecutor(RayExecutor):
    """Counts tasks."""

    tasks = 0

    def compute(self, store, stage, folders):
        self.tasks += 1
        super().compute(store, stage, folders)


def seconds(compute) -> float:
    started = time.perf_counter()
    compute()
    return time.perf_counter() - started


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("shared", [True, False], ids=["shared disk", "results sent"])
def test_overhead_of_a_task(report, tmp_path, shared):
    """One warm worker against the same work in this process, by turns; both have the model in memory."""
    base = tiny_base(tmp_path / "model")
    cluster, costs, counts, alone = TwoNodes(1), [], [], []
    try:
        with CountingExecutor(cluster.address, share_stores=shared) as executor:
            for seed in range(ROUNDS + 1):
                plan = ExperimentPlan(base, STUDY, PINNED)
                here = Experiment(plan, ArtifactStore(tmp_path / f"here {seed}"))
                there = Experiment(plan, ArtifactStore(tmp_path / f"there {seed}"), executor=executor)
                _ = here.model.loaded
                executor.tasks = 0
                took_there = seconds(lambda there=there, seed=seed: there.evidence(seed))
                took_here = seconds(lambda here=here, seed=seed: here.evidence(seed))
                if seed:  # the first starts the worker
                    costs.append((took_there - took_here) / executor.tasks)
                    counts.append(executor.tasks)
                    alone.append(took_here / executor.tasks)
    finally:
        cluster.stop()
    report(
        f"cluster-overhead-{'shared' if shared else 'sent'}",
        tasks=counts[0], rounds=ROUNDS,
        overhead_ms={
            "median": round(1000 * statistics.median(costs), 1), "least": round(1000 * min(costs), 1),
            "most": round(1000 * max(costs), 1),
        },
        work_of_a_task_ms=round(1000 * statistics.median(alone), 1),
        load=round(os.getloadavg()[0], 1),
    )  # fmt: skip


@pytest.mark.usefixtures("one_thread")
def test_two_one_core_nodes_against_one(report, tmp_path):
    """Eight seeds whose groups take seconds each; workers are started, and the model loaded, before."""
    base = tiny_base(tmp_path / "model")
    design = dataclasses.replace(DESIGN, controls=False, samples_per_question=60)
    study = dataclasses.replace(STUDY, experiment=design)
    recipe = dataclasses.replace(
        PINNED, optimization=dataclasses.replace(PINNED.optimization, epochs=60, batch=1)
    )
    seeds = tuple(range(10, 18))
    took, stores = {}, {}
    for nodes in (1, 2):
        cluster = TwoNodes(nodes)
        try:
            with RayExecutor(cluster.address) as executor:
                warm = Experiment(
                    ExperimentPlan(base, study, PINNED),
                    ArtifactStore(tmp_path / f"w{nodes}"),
                    executor=executor,
                )
                warm.evidence(1, (2, 3, 4))
                while len(executor._pool.workers) < nodes:
                    time.sleep(0.1)
                stores[nodes] = tmp_path / f"{nodes} nodes"
                experiment = Experiment(
                    ExperimentPlan(base, study, recipe), ArtifactStore(stores[nodes]), executor=executor
                )
                took[nodes] = seconds(lambda experiment=experiment: experiment.evidence(seeds[0], seeds[1:]))
        finally:
            cluster.stop()
    one, two = (
        {path: digest for path, digest in digests(stores[nodes]).items() if not path.endswith(".token")}
        for nodes in (1, 2)
    )
    assert one == two
    report(
        "cluster-two-nodes", groups=2 * len(seeds), one_node_s=round(took[1], 1), two_nodes_s=round(took[2], 1),
        speed_up=round(took[1] / took[2], 2), cores=os.cpu_count(), load=round(os.getloadavg()[0], 1),
    )  # fmt: skip


def test_two_gpus_against_one(report, device, pytestconfig, tmp_path, monkeypatch):
    """A registered study of 48 personas in two seeds, on a cluster of one GPU and of two.

    A smaller study starts workers and compiles kernels first; its evidence has to be what one process without a
    cluster makes.
    """
    if not device.startswith("cuda") or torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs: --device=cuda")
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0,1").split(",")
    registration = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    study, small = few(registration, PERSONAS, 2), few(registration, GROUP, 1)
    base = find_base_model("smollm2-135m", ArtifactStore(default_root()))
    rate, epochs = registration.calibration.grid[0]

    def evidence(name, registration, group, executor=LOCAL):
        experiment = RegisteredExperiment(
            registration, base, ArtifactStore(tmp_path / name), precision="bfloat16", device="cuda",
            group=group, executor=executor,
        )  # fmt: skip
        return experiment.evidence(rate, epochs, "forced").sha256

    smalls, studies, took = set(), set(), {}
    for gpus in (2, 1):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", ",".join(visible[:gpus]))
        with RayExecutor("local") as executor:
            smalls.add(evidence(f"{gpus} small", small, GROUP // 2, executor))
            started = time.perf_counter()
            studies.add(evidence(f"{gpus} GPUs", study, GROUP, executor))
            took[gpus] = time.perf_counter() - started
            assert len(executor._pool.workers) == gpus
        print(f"{gpus} GPUs: {took[gpus]:.1f} s", flush=True)
    # Last, as this process keeps the memory of the GPU that it uses.
    smalls.add(evidence("alone", small, GROUP // 2))
    assert len(smalls) == len(studies) == 1
    report(
        "cluster-two-gpus", base_model=base.name, personas=PERSONAS, seeds=2, adapters_at_once=GROUP,
        one_gpu_s=round(took[1], 1), two_gpus_s=round(took[2], 1), speed_up=round(took[1] / took[2], 2),
    )  # fmt: skip
