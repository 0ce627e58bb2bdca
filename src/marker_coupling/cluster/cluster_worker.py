"""The actor of Ray around a worker: computes by one thread, answers about its progress by another."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from marker_coupling.cluster.worker import StageWorker

_ray: Any = importlib.import_module("ray")


def _progress(worker: StageWorker) -> list[Any]:
    return StageWorker.progress(worker)


class ClusterWorker(StageWorker):
    """A worker as an actor."""

    #: See :meth:`StageWorker.progress`.
    progress = _ray.method(concurrency_group="watch")(_progress)

    def hello(self, threads: Mapping[str, int], node: str = "") -> dict[str, Any]:
        """See :meth:`StageWorker.hello`; the node is this one."""
        return super().hello(threads, node or _ray.get_runtime_context().get_node_id())
