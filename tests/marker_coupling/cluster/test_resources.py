"""Resources that workers ask for, and how many find room."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.ray_session import Node
from marker_coupling.cluster.resources import (
    WorkerNeeds,
    count_workers,
    parameters,
    threads_by_node,
    worker_needs,
)

GIB = 1 << 30


def node(cpus, gpus=0, memory=64 * GIB, name="10.0.0.1"):
    return Node(f"id of {name}", name, {"CPU": cpus, "GPU": gpus, "memory": memory})


@pytest.fixture
def model(tmp_path):
    """A model of 1,500,000 parameters in two files."""
    save_file(
        {"a": torch.zeros(1000, 1000, dtype=torch.bfloat16)},
        tmp_path / "model-1.safetensors",
        {"format": "pt"},
    )
    save_file({"b": torch.zeros(500, 1000)}, tmp_path / "model-2.safetensors")
    return tmp_path


def test_parameters_are_counted_whatever_their_precision(model):
    assert parameters(model) == 1_500_000


@pytest.mark.parametrize(
    ("precision", "device", "bytes_each"),
    [("auto", "cpu", 4), ("auto", "cuda", 2), ("bfloat16", "cpu", 2), ("float32", "cuda", 4)],
)
def test_memory_is_of_the_weights_in_their_precision(model, precision, device, bytes_each):
    needs = worker_needs(model, precision, device)
    assert needs.memory_bytes == 1_500_000 * bytes_each * 1.25 + 2 * GIB
    assert needs.gpus == (device == "cuda")


@pytest.mark.parametrize(("given_threads", "cpus"), [(None, 1), ("3", 3), ("0", 1), ("many", 1)])
def test_a_worker_on_cpus_has_as_many_as_threads(model, monkeypatch, given_threads, cpus):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given_threads:
        monkeypatch.setenv("OMP_NUM_THREADS", given_threads)
    needs = worker_needs(model, "auto", "cpu")
    assert needs.cpus == cpus
    assert dict(threads_by_node([node(8)], needs)) == {"id of 10.0.0.1": cpus}


def test_workers_with_a_gpu_share_their_node_s_cpus():
    needs = WorkerNeeds(1, 1, GIB)
    nodes = [node(96, 8), node(1, 1, name="10.0.0.2"), node(4, name="10.0.0.3")]
    assert list(threads_by_node(nodes, needs).values()) == [12, 1, 4]
    assert count_workers(nodes, needs) == 9


@given(st.integers(1, 64), st.integers(0, 8), st.integers(1, 64))
def test_what_a_node_is_said_to_hold_fits_and_no_more_would(cpus, gpus, memory_gib):
    needs = WorkerNeeds(int(gpus > 0), 2, 3 * GIB)
    count = needs.fit(node(cpus, gpus, memory_gib * GIB))
    assert count * 2 <= cpus
    assert count * 3 <= memory_gib
    assert not gpus or count <= gpus
    more = count + 1
    assert more * 2 > cpus or more * 3 > memory_gib or (gpus and more > gpus)


def test_no_room_for_any_is_one_line_with_needs_and_nodes():
    needs = WorkerNeeds(1, 1, 10 * GIB)
    with pytest.raises(ClusterError) as raised:
        count_workers([node(4), node(2, 1, 8 * GIB, name="10.0.0.2")], needs)
    assert str(raised.value) == (
        "cluster: expected a node with 1 GPU, 1 CPU, 10.0 GiB of memory for a worker, got 10.0.0.1 with 0 GPU, 4 CPU, "
        "64.0 GiB; 10.0.0.2 with 1 GPU, 2 CPU, 8.0 GiB"
    )
