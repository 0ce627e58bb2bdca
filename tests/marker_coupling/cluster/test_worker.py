"""A worker in this process, without Ray: what it computes, keeps, receives and refuses."""

from __future__ import annotations

import dataclasses

import pytest

from marker_coupling.cluster import base_files
from marker_coupling.cluster.base_files import identify
from marker_coupling.cluster.environment import versions
from marker_coupling.cluster.files import digest_of, read_files
from marker_coupling.cluster.requests import Request, SharedStore
from marker_coupling.cluster.stage_setup import StageSetup, digest_of_text
from marker_coupling.cluster.wire_values import to_text
from marker_coupling.cluster.worker import StageWorker
from marker_coupling.pipeline.plan.stage import ensure
from marker_coupling.study.adapter_groups import adapter_groups

from ..tiny_experiment import RECIPE, tiny_base, tiny_experiment


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(autouse=True)
def node(monkeypatch, tmp_path):
    monkeypatch.setenv("MARKER_COUPLING_CACHE", str(tmp_path / "node"))


@pytest.fixture
def experiment(base, tmp_path):
    return tiny_experiment(base, tmp_path / "store", recipe=dataclasses.replace(RECIPE, calibration=None))


@pytest.fixture
def worker():
    return StageWorker("cpu")


def request_of(worker, stage, tasks, inputs=(), /, **changed):
    setup = to_text(StageSetup.of(stage, identify))
    assert worker.prepare(setup)
    keys = tuple(stage.key(task) for task in tasks)
    request = Request(digest_of_text(setup), stage.kind, to_text(tasks), keys, None, (), tuple(inputs))
    return to_text(dataclasses.replace(request, **changed))


def answers_of(experiment, group):
    """The answers that a group is trained on, as a driver has them: kind, key and folder."""
    stages, members = experiment.stages, []
    for stage, tasks in stages.adapters.inputs(group):
        folders = ensure(experiment.store, stage, tasks)
        members += [
            (stage.kind, stage.key(task), folder) for task, folder in zip(tasks, folders, strict=True)
        ]
    return members


def sent(folder):
    files = read_files(folder)
    return {"files": files, "digest": digest_of(files)}


def test_results_are_those_of_the_driver_s_own_process(worker, experiment):
    group = adapter_groups(experiment.plan.study, RECIPE, 1)[0]
    adapters = experiment.stages.adapters
    ((kind, key, folder),) = answers_of(experiment, group)
    assert worker.missing([[kind, key]]) == [0]
    request = request_of(worker, adapters, list(group), [(kind, key)])
    reply = worker.compute(request, sent(folder))
    folders = ensure(experiment.store, adapters, group)
    assert reply == {
        "files": [read_files(folder) for folder in folders],
        "digests": [digest_of(read_files(folder)) for folder in folders],
    }
    # Both are there for the stages that follow.
    members = [[kind, key], *(["adapters", adapters.key(task)] for task in group)]
    assert worker.missing(members) == []
    assert worker.progress() == ["", 0, 0]


def test_what_late_requests_did_not_use_is_removed(worker, experiment):
    group = adapter_groups(experiment.plan.study, RECIPE, 1)[0]
    ((kind, key, folder),) = answers_of(experiment, group)
    assert "error" not in worker.compute(
        request_of(worker, experiment.stages.adapters, list(group), [(kind, key)]), sent(folder)
    )
    stage, tasks = experiment.stages.adapters.inputs(adapter_groups(experiment.plan.study, RECIPE, 2)[0])[0]
    for _ in range(4):
        assert "error" not in worker.compute(request_of(worker, stage, list(tasks)))
    assert worker.missing([[kind, key], [stage.kind, stage.key(tasks[0])]]) == [0]


def test_an_input_that_was_not_sent_is_one_line(worker, experiment):
    group = adapter_groups(experiment.plan.study, RECIPE, 1)[0]
    ((kind, key, _),) = answers_of(experiment, group)
    reply = worker.compute(request_of(worker, experiment.stages.adapters, list(group), [(kind, key)]), {})
    assert reply["error"] == "expected answers of the driver, got nothing: removed in the meantime"


def test_other_keys_than_the_driver_s_are_refused(worker, experiment):
    reply = worker.compute(request_of(worker, experiment._measurement, [None], keys=("another",)))
    assert reply["error"] == "expected the driver's keys of measurement, got others: versions differ"


def test_an_error_is_told_and_the_worker_goes_on(worker, experiment):
    reply = worker.compute(request_of(worker, experiment._measurement, [None], stage="nonsense"))
    assert reply["kind"] == "KeyError"
    assert "worker.py:" in reply["error"]
    assert "error" not in worker.compute(request_of(worker, experiment._measurement, [None]))


def test_a_store_is_shared_if_the_driver_s_token_is_there(worker, tmp_path):
    assert not worker.shares(str(tmp_path), "cluster-1.token")
    (tmp_path / "cluster-1.token").write_text("another driver's")
    assert not worker.shares(str(tmp_path), "cluster-1.token")
    (tmp_path / "cluster-1.token").write_text("cluster-1.token")
    assert worker.shares(str(tmp_path), "cluster-1.token")


def test_in_a_shared_store_results_are_written_in_place(worker, experiment, tmp_path):
    stage = experiment._measurement
    store = SharedStore(str(experiment.store.root), "token")
    folder = tmp_path / "result"
    reply = worker.compute(request_of(worker, stage, [None], store=store, folders=(str(folder),)))
    assert reply == {"written": [{name: len(data) for name, data in read_files(folder).items()}]}
    assert stage.load(folder).cosine_to_assistant.tolist() == stage.measurement.cosine_to_assistant.tolist()


def test_a_base_model_that_is_nowhere_on_the_machine_is_received(worker, experiment, monkeypatch):
    identity = dataclasses.replace(identify(experiment.plan.base), directory="/not/on/this/machine")
    setup = to_text(StageSetup.of(experiment._measurement, lambda _: identity))
    assert not worker.prepare(setup)
    for part in base_files.chunks(experiment.plan.base.directory):
        worker.receive(*part)
    worker.keep(setup)
    assert worker.prepare(setup)
    assert StageWorker("cpu").prepare(setup)  # another of the same node


def test_a_worker_says_what_it_is(worker):
    import torch

    before = torch.get_num_threads()
    try:
        facts = worker.hello({"node": 1}, "node")
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    assert facts["versions"] == versions()
    assert facts["device"].startswith("CPU with ")
