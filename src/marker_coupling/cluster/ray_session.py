"""Connection of the driver to a Ray cluster, and what Ray is asked about it.

Ray is imported when a cluster is asked for: it takes a second, and need not be installed.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marker_coupling.cluster.address import Address, check_address, found_address
from marker_coupling.cluster.errors import ClusterError

NAMESPACE = "marker-coupling"
#: Seconds until a cluster that was reached has to have taken the driver in.
CONNECT_S = 30.0
#: Set before Ray is imported: no reports to anybody; addresses on the loopback stay there.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@dataclass(frozen=True)
class Node:
    """A node of the cluster.

    Parameters
    ----------
    id, name : as Ray has them; the name is its address
    resources : in all, whether in use or not: ``CPU``, ``GPU``, ``memory`` in bytes
    """

    id: str
    name: str
    resources: Mapping[str, float]


def connect(address: Address) -> Any:
    """Connect to a cluster, or start one of this machine for ``local``, and return the module ``ray``.

    Raises
    ------
    ClusterError
        Ray is not installed; nothing answers; what answers is no Ray cluster, or one of another version.
    """
    check_address(address)
    os.environ.update(_QUIET)
    if found_address(address).is_loopback:
        os.environ.update(_ON_LOOPBACK)
    ray: Any = importlib.import_module("ray")
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    problem: list[BaseException] = []

    def start() -> None:
        options: dict[str, Any] = {
            "namespace": NAMESPACE,
            "log_to_driver": False,
            "logging_level": "CRITICAL",
        }
        if address.text == "local":
            options |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        try:
            ray.init(address.text, **options)
        except BaseException as error:  # some of Ray's own stop the process
            problem.append(error)

    if address.text == "local":
        # Linux ends the cluster's processes with the thread that started them.
        start()
    else:
        # Ray waits for minutes where something else than Ray listens.
        thread = threading.Thread(target=start, daemon=True)
        with _without_stderr():
            thread.start()
            thread.join(CONNECT_S)
        if thread.is_alive():
            raise ClusterError(
                f"--ray={address.text}: expected a Ray cluster at this address, "
                f"no answer in {CONNECT_S:.0f} s"
            )
    if problem:
        reason = " ".join(str(problem[0]).split()) or type(problem[0]).__name__
        raise ClusterError(f"--ray={address.text}: expected a running Ray cluster: {reason:.300}")
    _silence_node_reports()
    return ray


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Drop what Ray's C++ parts write while they try to connect; what matters is raised."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def nodes(ray: Any) -> list[Node]:
    """Return the nodes that are alive."""
    return [
        Node(node["NodeID"], node["NodeManagerAddress"], node["Resources"])
        for node in ray.nodes()
        if node["Alive"]
    ]


def _silence_node_reports() -> None:
    """Keep the logs of nodes that died out of the terminal, if Ray still has this handler."""
    with contextlib.suppress(Exception):
        logs: Any = importlib.import_module("ray._private.ray_logging")
        logs.global_worker_stdstream_dispatcher.remove_handler("ray_print_logs")
