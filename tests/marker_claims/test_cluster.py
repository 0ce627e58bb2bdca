"""``--ray`` in a run of pytest: what cannot be is told at once, and the cluster is connected to once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from marker_claims import cluster
from marker_coupling.cluster import executor as executors
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.pipeline.plan.stage import LOCAL


class Config:
    """A run's options."""

    def __init__(self, **options):
        self._options = {"ray": None, "device": None, "numprocesses": None, "tx": [], **options}
        self.stash = pytest.Stash()
        self.pluginmanager = SimpleNamespace(get_plugin=lambda _: None)

    def getoption(self, name, default=None):
        return self._options.get(name, default)


@pytest.fixture
def answering(monkeypatch):
    monkeypatch.setattr(cluster, "check_address", lambda address: None)


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    "options", [{}, {"ray": "local"}, {"ray": "auto", "device": "cuda"}, {"device": "cuda:1"}]
)
def test_what_goes_together_is_taken(options):
    cluster.check_options(Config(**options))


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize("options", [{"numprocesses": 2}, {"tx": ["2*popen"]}])
def test_workers_of_xdist_beside_a_cluster_are_one_line(options):
    with pytest.raises(
        pytest.UsageError, match=r"^--ray=auto: expected no -n beside it, as one process drives"
    ):
        cluster.check_options(Config(ray="auto", **options))


@pytest.mark.usefixtures("answering")
def test_a_gpu_by_its_number_is_one_line():
    with pytest.raises(pytest.UsageError, match=r"^--device=cuda:1: expected cpu or cuda with --ray"):
        cluster.check_options(Config(ray="auto", device="cuda:1"))


def test_what_the_address_lacks_is_told_before_anything_is_collected(monkeypatch):
    def check(address):
        raise ClusterError(f"--ray={address.text}: nothing answers")

    monkeypatch.setattr(cluster, "check_address", check)
    with pytest.raises(pytest.UsageError, match=r"^--ray=10\.0\.0\.1:6379: nothing answers$"):
        cluster.check_options(Config(ray="10.0.0.1:6379"))


def test_a_run_connects_once_and_leaves(monkeypatch):
    connected = []

    class Executor:
        def __init__(self, address, progress):
            connected.append(address)
            self.closed = 0

        def close(self):
            self.closed += 1

    monkeypatch.setattr(executors, "RayExecutor", Executor)
    config = Config(ray="auto")
    executor = cluster.executor_of(config)
    assert cluster.executor_of(config) is executor
    assert connected == ["auto"]
    cluster.leave(config)
    assert executor.closed == 1


def test_a_run_without_computes_in_this_process_and_has_nothing_to_leave():
    config = Config()
    assert cluster.executor_of(config) is LOCAL
    cluster.leave(config)


def test_a_cluster_that_cannot_be_had_is_tried_once(monkeypatch):
    tried = []

    def refuse(address, progress):
        tried.append(address)
        raise ClusterError("no answer")

    monkeypatch.setattr(executors, "RayExecutor", refuse)
    config = Config(ray="auto")
    for _ in range(3):
        with pytest.raises(ClusterError, match="no answer"):
            cluster.executor_of(config)
    assert tried == ["auto"]
    cluster.leave(config)
