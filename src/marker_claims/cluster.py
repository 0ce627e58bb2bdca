"""The cluster of a run with ``--ray``: connected to once, and left when the run ends."""

from __future__ import annotations

from typing import Any

import pytest

from marker_claims.progress_lines import ProgressLines
from marker_coupling.cluster.address import check_address, parse_address
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.pipeline.plan.stage import LOCAL, Executor

_EXECUTOR = pytest.StashKey[Any]()


def check_options(config: pytest.Config) -> None:
    """Stop a run with ``--ray`` that cannot work before anything is collected.

    Raises
    ------
    pytest.UsageError
        Ray is missing, nothing answers, a device has a number, or pytest-xdist is to start workers as well.
    """
    address, device = config.getoption("ray"), config.getoption("device")
    if address is None:
        return
    if config.getoption("numprocesses", None) or config.getoption("tx", None) or _is_worker(config):
        raise pytest.UsageError(
            f"--ray={address}: expected no -n beside it, as one process drives the cluster's workers"
        )
    if device not in (None, "cpu", "cuda"):
        raise pytest.UsageError(
            f"--device={device}: expected cpu or cuda with --ray, as a cluster gives each worker its GPU"
        )
    try:
        check_address(parse_address(address))
    except ClusterError as error:
        raise pytest.UsageError(str(error)) from None


def executor_of(config: pytest.Config) -> Executor:
    """Return where a run's stages are computed: on its cluster, else in this process.

    Raises
    ------
    ClusterError
        There is no such cluster.
    """
    address = config.getoption("ray")
    if address is None:
        return LOCAL
    if _EXECUTOR not in config.stash:
        # Ray takes a second to import, and need not be installed.
        from marker_coupling.cluster.executor import RayExecutor

        try:
            config.stash[_EXECUTOR] = RayExecutor(address, ProgressLines(config))
        except ClusterError as error:
            config.stash[_EXECUTOR] = error
    executor = config.stash[_EXECUTOR]
    if isinstance(executor, ClusterError):  # one attempt is enough
        raise executor
    connected: Executor = executor
    return connected


def leave(config: pytest.Config) -> None:
    """Leave the cluster, if there is one."""
    executor = config.stash.get(_EXECUTOR, None)
    if executor is not None and not isinstance(executor, ClusterError):
        executor.close()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
