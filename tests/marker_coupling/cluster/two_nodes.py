"""A Ray cluster of two nodes with one CPU each, both processes of this machine, on its loopback alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# Read by Ray when it is imported: addresses stay on the loopback, and nothing is reported to anybody.
os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}

#: Of Ray's own, in bytes: what the tests send is small.
_OBJECTS = 80 << 20


class TwoNodes:
    """The cluster; its first node cannot be killed, as it holds Ray's own tables."""

    def __init__(self, nodes: int = 2) -> None:
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": _OBJECTS}
        self.ray = Cluster(
            initialize_head=True, head_node_args={**node, "include_dashboard": False}, shutdown_at_exit=True
        )
        self._node = node
        self.second: Any = self.ray.add_node(**node) if nodes > 1 else None

    @property
    def address(self) -> str:
        return str(self.ray.address)

    @property
    def pids(self) -> list[int]:
        """Processes that take connections: of each node its raylet, and of the first Ray's tables."""
        kinds = [node.all_processes for node in self.ray.list_all_nodes()]
        started = [each for kind in kinds for name in ("gcs_server", "raylet") for each in kind.get(name, [])]
        return [each.process.pid for each in started]

    def is_on_second(self, pid: int) -> bool:
        """Whether a worker's process is the second node's, whose raylet started it."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[1]) == self.second.all_processes["raylet"][0].process.pid

    def kill_second(self) -> None:
        self.kill(self.second)

    def start_second(self) -> None:
        self.second = self.ray.add_node(**self._node)

    def start_third(self) -> Any:
        """Start a node for another driver's worker."""
        return self.ray.add_node(**self._node)

    def kill(self, node: Any) -> None:
        self.ray.remove_node(node, allow_graceful=False)

    def stop(self) -> None:
        self.ray.shutdown()
