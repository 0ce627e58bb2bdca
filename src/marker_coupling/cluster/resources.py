"""Resources of a worker, and the number of workers that nodes have room for."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from manylora.models.base_model import Precision, chosen_precision
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.ray_session import Node

#: Of a process with PyTorch and transformers and its passes, beside the weights.
_BESIDE_WEIGHTS = 2 << 30
#: Of the weights: what loading takes beside them, and what adapters and their states add.
_MORE_THAN_WEIGHTS = 1.25
_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class WorkerNeeds:
    """Resources that a worker asks of Ray.

    Parameters
    ----------
    gpus, cpus : whole ones
    memory_bytes : of the host
    """

    gpus: int
    cpus: int
    memory_bytes: int

    def fit(self, node: Node) -> int:
        """Return the number of workers that a node has room for when nothing else runs there."""
        fits = [node.resources.get("CPU", 0) / self.cpus, node.resources.get("memory", 0) / self.memory_bytes]
        if self.gpus:
            fits.append(node.resources.get("GPU", 0) / self.gpus)
        return math.floor(min(fits))

    def __str__(self) -> str:
        parts = [f"{self.gpus} GPU"] if self.gpus else []
        return ", ".join([*parts, f"{self.cpus} CPU", f"{self.memory_bytes / 2**30:.1f} GiB of memory"])


def worker_needs(directory: Path, precision: Precision, device: str) -> WorkerNeeds:
    """Return the resources of a worker with a base model.

    A worker on CPUs has as many CPUs, and threads, as ``OMP_NUM_THREADS`` says; one by default.

    Parameters
    ----------
    directory : of the base model
    precision, device : that it computes in and on
    """
    weights = parameters(directory) * _BYTES[chosen_precision(precision, device)]
    memory = int(weights * _MORE_THAN_WEIGHTS) + _BESIDE_WEIGHTS
    if device.startswith("cuda"):
        return WorkerNeeds(1, 1, memory)
    given = os.environ.get("OMP_NUM_THREADS", "")
    return WorkerNeeds(0, int(given) if given.isdigit() and int(given) else 1, memory)


def parameters(directory: Path) -> int:
    """Return the number of parameters of a model, by the headers of its safetensors files."""
    total = 0
    for path in directory.glob("*.safetensors"):
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size))
        total += sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    return total


def count_workers(nodes: Sequence[Node], needs: WorkerNeeds) -> int:
    """Return the number of workers that a cluster has room for.

    Raises
    ------
    ClusterError
        There is room for none; the line names what a worker needs and what the nodes have.
    """
    count = sum(needs.fit(node) for node in nodes)
    if not count:
        have = "; ".join(_describe(node) for node in nodes[:5]) or "no node"
        raise ClusterError(f"cluster: expected a node with {needs} for a worker, got {have}")
    return count


def threads_by_node(nodes: Sequence[Node], needs: WorkerNeeds) -> Mapping[str, int]:
    """Return the threads of a worker on each node, by the node's id.

    Workers with a GPU share their node's CPUs.
    """
    if not needs.gpus:
        return {node.id: needs.cpus for node in nodes}
    return {
        node.id: max(1, int(node.resources.get("CPU", 1) // max(1, node.resources.get("GPU", 1))))
        for node in nodes
    }


def _describe(node: Node) -> str:
    gpus, cpus = node.resources.get("GPU", 0), node.resources.get("CPU", 0)
    memory = node.resources.get("memory", 0) / 2**30
    return f"{node.name} with {gpus:g} GPU, {cpus:g} CPU, {memory:.1f} GiB"
