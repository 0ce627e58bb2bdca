"""Workers that are like the driver and like each other are lent; those that die are replaced."""

from __future__ import annotations

import importlib.util
import time

import pytest

from marker_coupling.cluster import pool as pools
from marker_coupling.cluster.environment import versions
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.pool import Stopped, WorkerLost, WorkerPool
from marker_coupling.cluster.resources import WorkerNeeds

from .fake_ray import GIB, FakeRay, RayActorError, RayTaskError

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is an extra")


def hello(pid, device="CPU", **changed):
    return {"node": "n1", "pid": pid, "device": device, "versions": versions() | changed}


def worker(pid, **how):
    return {"hello": hello(pid, **how), "progress": ["training", 1, 2], "missing": [0], "leave": 0}


@pytest.fixture
def start(monkeypatch):
    """Start a pool on fake workers, which are as many as there are CPUs."""
    monkeypatch.setattr(pools, "_TURN_S", 0.001)
    monkeypatch.setattr(pools, "_PROGRESS_S", 0.01)
    monkeypatch.setattr(pools, "_NODES_S", 0.01)
    running = []

    def started(*behaviours, cpus=None):
        ray = FakeRay(list(behaviours), cpus or len(behaviours))
        running.append(WorkerPool(ray, WorkerNeeds(0, 1, GIB), "cpu", lambda: None))
        return running[-1], ray

    yield started
    for pool in running:
        pool.close()


def test_each_worker_is_lent_to_one_task_and_the_preferred_one_first(start):
    pool, ray = start(worker(1), worker(2))
    first, second = pool.lend(), pool.lend()
    assert {first.node, second.node} == {"10.0.0.1, process 1", "10.0.0.1, process 2"}
    assert ray.options == {"num_cpus": 1, "num_gpus": 0, "max_restarts": 0, "memory": GIB}
    pool.give_back(first)
    pool.give_back(second)
    for each in (second, first):
        assert pool.lend(preferred=each) is each
        pool.give_back(each)
        assert pool.lend(preferred=each, avoided=each) is not each
        pool.give_back(first if each is second else second)


def test_a_worker_that_is_alone_is_lent_again_where_it_failed(start):
    pool, _ = start(worker(1))
    only = pool.lend()
    pool.give_back(only)
    assert pool.lend(avoided=only) is only


@pytest.mark.parametrize("name", ["marker-coupling", "python", "torch", "transformers"])
def test_another_version_is_one_line(start, name):
    pool, _ = start(worker(1, **{name: "0.0.1"}))
    with pytest.raises(ClusterError) as raised:
        pool.lend()
    assert str(raised.value) == (
        f"worker on 10.0.0.1, process 1: expected {name} {versions()[name]}, as the driver has, got 0.0.1; "
        "install the same on all nodes"
    )


def test_devices_of_two_kinds_are_one_line(start):
    pool, _ = start(worker(1, device="NVIDIA H100"), worker(2, device="NVIDIA A100"))
    while pool._problem is None:
        pass
    with pytest.raises(
        ClusterError, match=r"expected NVIDIA H100, as on 10\.0\.0\.1, process 1, got NVIDIA A100: "
    ):
        pool.lend()


def test_workers_that_cannot_start_are_one_line(start):
    without = {
        "hello": RayTaskError("Traceback:\n  File x\nModuleNotFoundError: No module named 'marker_coupling'")
    }
    pool, _ = start(*[without] * 4)
    with pytest.raises(ClusterError) as raised:
        pool.lend()
    assert str(raised.value) == (
        "cluster: expected workers to start, got ModuleNotFoundError: No module named 'marker_coupling'"
    )


def test_a_cluster_whose_nodes_are_all_in_use_is_one_line(start, monkeypatch):
    monkeypatch.setattr(pools, "START_S", 0.05)
    pool, _ = start({"hello": None})
    with pytest.raises(ClusterError, match=r"expected a free node with 1 CPU, 1.0 GiB of memory within 0 s"):
        pool.lend()


def test_a_worker_that_died_is_replaced(start):
    pool, ray = start(worker(1), worker(2), cpus=1)
    first = pool.lend()
    assert pool.call(first, "missing", [["answers", "k"]]) == [0]
    ray.actors[0].killed = True
    with pytest.raises(WorkerLost, match=r"^The actor died because its node did\.$"):
        pool.call(first, "missing", [])
    pool.lose(first)
    assert pool.lend().node == "10.0.0.1, process 2"


def test_time_for_a_new_worker_begins_when_the_last_one_died(start, monkeypatch):
    monkeypatch.setattr(pools, "START_S", 0.2)
    pool, _ = start(worker(1), worker(2), cpus=1)
    first = pool.lend()
    time.sleep(0.3)
    pool.lose(first)
    assert pool.lend().node == "10.0.0.1, process 2"


def test_nodes_that_join_are_used(start):
    pool, ray = start(worker(1), worker(2), cpus=1)
    pool.lend()
    ray.cpus = 2
    assert pool.lend().node == "10.0.0.1, process 2"


def test_only_plain_values_are_sent(start):
    pool, ray = start(worker(1))
    only = pool.lend()
    with pytest.raises(TypeError, match="expected texts, numbers and bytes to send, got FakeRay"):
        pool.call(only, "missing", [ray])


def test_a_closed_pool_lends_none_and_kills_its_workers(start):
    pool, ray = start(worker(1), {"hello": None})
    pool.give_back(pool.lend())
    pool.close()
    assert ("leave", ()) in ray.actors[0].calls
    with pytest.raises(Stopped):
        pool.lend()
    assert all(actor.killed for actor in ray.actors)


def test_progress_is_asked_for_while_a_worker_is_busy(start):
    pool, ray = start(worker(1))
    only = pool.lend()
    while only.report != ("training", 1, 2):
        pass
    pool.give_back(only)
    assert only.report == ("", 0, 0)
    assert ("progress", ()) in ray.actors[0].calls


def test_a_cluster_that_is_gone_is_one_line(start):
    pool, ray = start({"hello": None})

    def gone():
        raise RayActorError("GCS\nis down")

    ray.nodes = gone
    with pytest.raises(ClusterError, match="cluster: expected it to answer, got GCS is down"):
        pool.lend()


def test_workers_for_whom_a_node_had_room_that_died_are_withdrawn(start):
    """A node that is started again may be counted beside the dead one for a while."""
    pool, ray = start(worker(1), cpus=3)
    while len(ray.actors) < 3 or not pool.workers:
        time.sleep(0.001)
    ray.cpus = 2
    while pool.slots != 2 or len(pool._starting) > 1:
        time.sleep(0.001)
    assert [actor.killed for actor in ray.actors] == [False, False, True]
    assert len(pool.workers) == 1
    ray.cpus = 3
    while len(pool._starting) < 2:
        time.sleep(0.001)
    assert len(ray.actors) == 4
