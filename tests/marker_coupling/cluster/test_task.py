"""A task that fails, or whose worker dies, is tried again elsewhere, and no more than so often."""

from __future__ import annotations

import json

import pytest

from manylora.errors import NotEnoughMemoryError
from marker_coupling.cluster import task as tasks
from marker_coupling.cluster.base_files import identify
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.files import digest_of
from marker_coupling.cluster.pool import Worker, WorkerLost
from marker_coupling.cluster.stage_setup import StageSetup
from marker_coupling.cluster.task import ClusterTask, Inputs

from ..tiny_experiment import tiny_base, tiny_experiment
from .fake_ray import FakeRay

FILES = {"measurement.json": b"{}", "arrays/a": b"1"}
RESULT = {"files": [FILES], "digests": [digest_of(FILES)]}
FAILURE = {"error": "a\u2009reason", "kind": "ValueError"}


class Workers:
    """Lends workers whose answers to ``compute`` are given; records which was lent and avoided."""

    def __init__(self, *replies, prepared=True, shared=False):
        self.replies, self.lent, self.lost, self.methods = list(replies), [], [], []
        self._prepared, self._shared = prepared, shared
        self.sending = __import__("threading").Lock()

    def lend(self, preferred, avoided):
        self.lent.append((preferred, avoided))
        return Worker(None, f"10.0.0.{len(self.lent)}", "CPU")

    def give_back(self, worker):
        pass

    def lose(self, worker):
        self.lost.append(worker)

    def call(self, worker, method, *arguments):
        self.methods.append(method)
        if method == "compute":
            reply = self.replies.pop(0)
            if callable(reply):
                reply = reply(*arguments)
            if isinstance(reply, Exception):
                raise reply
            return reply
        if method == "keep":
            self._prepared = True
        return {"prepare": self._prepared, "shares": self._shared, "missing": [0]}.get(method)


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    experiment = tiny_experiment(
        tiny_base(tmp_path_factory.mktemp("b") / "model"), tmp_path_factory.mktemp("s")
    )
    return StageSetup.of(experiment._measurement, identify)


@pytest.fixture
def task(setup, tmp_path):
    (tmp_path / "result").mkdir()
    return ClusterTask(setup, "measurement", [None], ("key",), [tmp_path / "result"], {}, tmp_path, "")


def run(task, workers):
    return task.run(workers, Inputs(FakeRay([], 1)), None)


def written(task):
    (folder,) = task.folders
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_results_are_written(task):
    workers = Workers(RESULT)
    assert run(task, workers).node == "10.0.0.1"
    assert written(task) == FILES
    assert workers.methods == ["prepare", "missing", "compute"]


def test_a_failure_is_tried_once_more_elsewhere(task):
    workers = Workers(FAILURE, RESULT)
    assert run(task, workers).node == "10.0.0.2"
    assert workers.lent[1][1].node == "10.0.0.1"  # avoided
    assert written(task) == FILES


def test_a_second_failure_is_one_line_with_task_nodes_and_reasons(task):
    workers = Workers(FAILURE, {"error": "another", "kind": "KeyError"}, RESULT)
    with pytest.raises(ClusterError) as raised:
        run(task, workers)
    assert str(raised.value) == "measurement: failed twice, on 10.0.0.1: a\u2009reason; on 10.0.0.2: another"
    assert written(task) == {}


def test_a_lack_of_memory_stays_one(task):
    lack = {"error": "a GPU", "kind": "NotEnoughMemoryError"}
    with pytest.raises(NotEnoughMemoryError):
        run(task, Workers(lack, lack))


def test_a_dead_worker_is_no_failure_of_the_task(task):
    workers = Workers(WorkerLost("node gone"), FAILURE, WorkerLost("node gone"), RESULT)
    run(task, workers)
    assert len(workers.lost) == 2
    assert written(task) == FILES


def test_the_third_dead_worker_ends_it(task):
    workers = Workers(*[WorkerLost("node gone")] * 3, RESULT)
    with pytest.raises(ClusterError) as raised:
        run(task, workers)
    assert str(raised.value) == "measurement: lost its worker 3 times, the last on 10.0.0.3: node gone"


def test_damaged_results_are_not_written(task):
    damaged = {"files": [{**FILES, "arrays/a": b"2"}], "digests": RESULT["digests"]}
    with pytest.raises(ClusterError, match=r"failed twice, .*damaged on the way"):
        run(task, Workers(damaged, damaged))
    assert written(task) == {}
    run(task, Workers(damaged, RESULT))
    assert written(task) == FILES


def test_a_base_model_is_sent_to_a_worker_that_has_it_nowhere(task):
    workers = Workers(RESULT, prepared=False)
    run(task, workers)
    assert workers.methods[:3] == ["prepare", "prepare", "receive"]
    assert workers.methods[-4:] == ["keep", "prepare", "missing", "compute"]


@pytest.fixture
def shared(task):
    from dataclasses import replace

    return replace(task, token="cluster-1.token")


def writes(request):
    """Do as a worker with the driver's store does."""
    from pathlib import Path

    folder = Path(json.loads(request)[5][0])
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return {"written": [{name: len(data) for name, data in FILES.items()}]}


def test_in_a_shared_store_files_are_moved_from_beside(shared):
    workers = Workers(writes, shared=True)
    run(shared, workers)
    assert workers.methods == ["prepare", "shares", "compute"]
    assert written(shared) == FILES
    assert not list(shared.folders[0].glob(".attempt-*"))


def test_in_a_shared_store_a_dead_worker_leaves_nothing(shared):
    def dies(request):
        writes(request)
        return WorkerLost("node gone")

    run(shared, Workers(dies, writes, shared=True))
    assert written(shared) == FILES


def test_files_that_stay_invisible_are_one_line(shared, monkeypatch):
    monkeypatch.setattr(tasks, "VISIBLE_S", 0.0)

    def claims(request):
        return writes(request) and {"written": [{"more": 3}]}

    with pytest.raises(ClusterError, match=r"expected the files of a worker there within 0 s"):
        run(shared, Workers(claims, claims, shared=True))
    assert written(shared) == {}


def test_an_input_is_put_once(tmp_path):
    (tmp_path / "answers.json").write_text("{}")
    ray = FakeRay([], 1)
    inputs = Inputs(ray)
    first = inputs.reference(("answers", "k"), tmp_path)
    assert inputs.reference(("answers", "k"), tmp_path) is first
    assert ray.get(first) == {"files": {"answers.json": b"{}"}, "digest": digest_of({"answers.json": b"{}"})}
    for number in range(tasks._MOST_HELD):
        inputs.reference(("answers", str(number)), tmp_path)
    assert inputs.reference(("answers", "k"), tmp_path) is not first  # long unused
