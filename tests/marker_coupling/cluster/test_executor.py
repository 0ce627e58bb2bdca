"""Two nodes on one machine: the same bytes as without them, whatever dies on the way, and nothing made twice."""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from marker_coupling.pipeline import __main__ as command
from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.store.artifacts import MANIFEST, ArtifactStore

from ..tiny_experiment import RECIPE, STUDY, LoggingStore, digests, tiny_base, tiny_experiment, with_persona
from ..tiny_registration import tiny_registered, tiny_registration
from . import driver
from .listening import LOOPBACK, listening

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is an extra", allow_module_level=True)

from marker_coupling.cluster import executor as executors
from marker_coupling.cluster import pool as pools
from marker_coupling.cluster import task as tasks
from marker_coupling.cluster.cluster_worker import ClusterWorker
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.executor import RayExecutor

from .two_nodes import TwoNodes

SEEDS = (1, 2)


@pytest.fixture(scope="module")
def nodes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        cluster = TwoNodes()
        yield cluster
        cluster.stop()


@pytest.fixture(scope="module")
def one_thread():
    """As many as a worker has: sums over other numbers of threads may differ in their last bits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def expected(base, one_thread, tmp_path_factory):
    """Every file of the store of a run without a cluster."""
    root = tmp_path_factory.mktemp("alone")
    experiment = tiny_experiment(base, root)
    for seed in SEEDS:
        experiment.evidence(seed)
    return content(root)


class Held:
    """An executor of all tests that leave its workers alive, as these take seconds to start."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.shown: list[tuple[str, int, int]] = []
        self.executor: RayExecutor | None = None

    def get(self, share_stores: bool) -> RayExecutor:
        if self.executor is None:
            self.executor = RayExecutor(self.address, lambda *report: self.shown.append(report))
        self.executor._share_stores = share_stores
        return self.executor

    def leave(self) -> None:
        """Free the nodes' CPUs for another driver."""
        if self.executor is not None:
            self.executor.close()
            self.executor = None


@pytest.fixture(scope="module")
def held(nodes):
    executors = Held(nodes.address)
    yield executors
    executors.leave()


def content(root: Path) -> dict[str, str]:
    """The digest of every result of a store."""
    return {
        path: digest
        for path, digest in digests(root).items()
        if not path.endswith(".token") and not path.startswith("chat-digest/")
    }


def on_cluster(executor, base, store, study=STUDY, recipe=RECIPE):
    return Experiment(ExperimentPlan(base, study, recipe), store, executor=executor)


def whole(root: Path) -> dict[Path, tuple[int, int]]:
    """The artifacts that are there, each with what tells whether it was written again."""
    found = {path: path.stat() for path in root.glob(f"*/*/{MANIFEST}") if not path.parent.suffix}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def made(log: Path) -> Counter[str]:
    """How often each artifact of a store was made."""
    return Counter(log.read_text().splitlines())


def test_without_a_shared_disk_the_store_is_the_same_byte_for_byte(
    held, base, expected, tmp_path, monkeypatch
):
    crossed = []
    # Tasks are short here; seldom asked, a worker would be between two of them.
    monkeypatch.setattr(pools, "_TURN_S", 0.01)
    monkeypatch.setattr(pools, "_PROGRESS_S", 0.01)
    for module in (pools, tasks):
        monkeypatch.setattr(module, "plain", lambda value, references=(): crossed.append(value) or value)
    experiment = on_cluster(held.get(False), base, LoggingStore(tmp_path / "store", tmp_path / "log"))
    evidence = [experiment.evidence(seed, SEEDS) for seed in SEEDS]
    assert len({worker.node for worker in held.executor._pool.workers}) == 2
    assert [one.name for one in evidence] == ["model-seed1", "model-seed2"]
    assert content(tmp_path / "store") == expected
    assert set(made(tmp_path / "log").values()) == {1}
    # One display, that of the driver.
    texts = {task for task, _, _ in held.shown}
    assert all(task.startswith("cluster | ") for task in texts)
    assert any(re.search(r"\| [12] workers?; \w.* \d+/\d+", task) for task in texts), texts
    # Both ways: texts, numbers and bytes, and Ray's references to such.
    assert types_in(crossed) <= {"NoneType", "ObjectRef", "bool", "bytes", "dict", "int", "list", "str"}
    assert len(crossed) > 100


def types_in(value) -> set[str]:
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value).__name__}.union(*map(types_in, parts))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_nodes_listen_on_loopback_alone(nodes):
    assert listening(nodes.pids) <= LOOPBACK
    assert len(nodes.pids) >= 3  # two nodes, and the tables of the first


def test_a_worker_is_pickled_by_its_name_alone():
    import pickletools

    import ray

    pickled = ray.cloudpickle.dumps(ClusterWorker)
    names = {argument for opcode, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)}
    assert names == {"marker_coupling.cluster.cluster_worker", "ClusterWorker"}


def test_on_a_shared_disk_results_are_written_in_place(held, base, expected, tmp_path, monkeypatch):
    methods, call = Counter(), pools.WorkerPool.call

    def counted(pool, worker, method, *rest):
        methods[method] += 1
        return call(pool, worker, method, *rest)

    monkeypatch.setattr(pools.WorkerPool, "call", counted)
    on_cluster(held.get(True), base, ArtifactStore(tmp_path)).evidence(1)
    assert methods["compute"] > 10
    assert methods["missing"] == 0  # nothing is sent
    mine = content(tmp_path)
    assert len(mine) > 100
    assert mine.items() <= expected.items()


def test_a_registered_study_by_its_command(held, one_thread, tmp_path, monkeypatch):
    """Calibration and measurement on the cluster, against the same without."""
    alone = tiny_registered(tmp_path)
    evidence = alone.evidence(1e-2, 1, "forced")
    monkeypatch.setattr(executors, "RayExecutor", lambda *_: contextlib.nullcontext(held.get(False)))
    monkeypatch.setattr(command, "read_registration", lambda _: tiny_registration())
    monkeypatch.setattr(command, "read_choice", lambda *_: (1e-2, 1, "forced"))
    arguments = [
        "measure", "study", "--base-model", str(alone.plan.base.directory), "--group", "3", "--artifacts",
        str(tmp_path / "cluster"), "--save", str(tmp_path / "saved"), "--calibration", "x", "--ray", "auto",
    ]  # fmt: skip
    assert command.main(arguments) == 0
    (saved,) = (tmp_path / "saved").iterdir()
    evidence.write(tmp_path / "alone.json")
    assert saved.read_bytes() == (tmp_path / "alone.json").read_bytes()
    assert content(tmp_path / "cluster") == content(tmp_path / "store")


def test_a_task_that_fails_twice_says_so_and_the_others_go_on(held, base, tmp_path):
    study = with_persona(STUDY, "poet", "a poet " * 40)
    store = ArtifactStore(tmp_path)
    with pytest.raises(ClusterError) as raised:
        on_cluster(held.get(True), base, store, study).evidence(1)
    message = str(raised.value)
    assert "\n" not in message
    # The sources with the poet among them, and the controls, whose source the poet is.
    assert message.startswith("2 of 3 failed, all others are kept: ")
    failures = message.partition("kept: ")[2].split("; adapters of ")
    assert len(failures) == 2, message
    for failure in failures:
        assert re.search(r"seed 1: 2 (adapters|controls) from \w+: failed twice, on ", failure)
        assert "longest_example = 200 tokens" in failure
        # Tried by both workers.
        assert len(set(re.findall(r"on 127\.0\.0\.1, process (\d+): ", failure))) == 2
    assert len(list(store.keys("adapters"))) == 1


def test_two_drivers_share_what_is_done(held, base, expected, tmp_path):
    """A local process at work in the same store: groups that it is making are left to it."""
    root = tmp_path / "store"
    here = tiny_experiment(base, root)
    there = on_cluster(held.get(False), base, ArtifactStore(root))
    threads = [
        threading.Thread(target=here.evidence, args=(1, (2,))),
        threading.Thread(target=there.evidence, args=(2, (1,))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(root) == expected


def test_a_node_that_is_killed_loses_its_task_alone(held, nodes, base, expected, tmp_path):
    executor = held.get(False)
    store = LoggingStore(tmp_path / "store", tmp_path / "log")
    evidence = []
    experiment = on_cluster(executor, base, store)
    thread = threading.Thread(target=lambda: evidence.append(experiment.evidence(1, (2,))))
    thread.start()
    pid = busy_on_second(executor, nodes, store)
    before = whole(store.root)
    nodes.kill_second()
    thread.join(120)
    nodes.start_second()
    assert evidence
    assert len(before) > 2
    assert before.items() <= whole(store.root).items()
    assert all(f"process {pid}" not in worker.node for worker in executor._pool.workers)
    assert set(made(tmp_path / "log").values()) == {1}
    mine = content(store.root)
    assert len(mine) > 200
    assert mine.items() <= expected.items()


def busy_on_second(executor, nodes, store) -> int:
    """Wait until the second node's worker computes, after some results are there; return its process."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.01)
        busy = list(executor._pool._busy) if executor._pool is not None else []
        for worker in busy:
            pid = int(worker.node.rpartition(" ")[2])
            with contextlib.suppress(OSError):
                if len(whole(store.root)) > 3 and nodes.is_on_second(pid):
                    return pid
    raise AssertionError("the second node's worker was never busy")


def wait_until_settled(executor) -> None:
    """Wait until no worker is asked for that would start on the next node."""
    deadline = time.monotonic() + 120
    while executor._pool is not None and time.monotonic() < deadline:
        if not executor._pool._starting and executor._pool.slots == len(executor._pool.workers) == 2:
            return
        time.sleep(0.05)


def test_a_driver_that_is_killed_resumes_where_it_was(
    held, nodes, base, expected, tmp_path, pytestconfig, monkeypatch
):
    executor = held.get(False)
    wait_until_settled(executor)
    monkeypatch.setattr(pools, "_NODES_S", float("inf"))  # the third node is for the other driver
    third = nodes.start_third()
    monkeypatch.syspath_prepend(str(pytestconfig.rootpath))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([driver.__name__])
    root, log = tmp_path / "store", tmp_path / "log"
    process = context.Process(target=driver.run, args=(nodes.address, base.directory, root, log))
    process.start()
    deadline = time.monotonic() + 120
    while len(whole(root)) < 12 and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.join()
    nodes.kill(third)
    before = whole(root)
    assert 12 <= len(before) < 60
    experiment = on_cluster(executor, base, LoggingStore(root, log))
    for seed in SEEDS:
        experiment.evidence(seed, SEEDS)
    assert before.items() <= whole(root).items()
    assert set(made(log).values()) == {1}
    assert content(root) == expected
