"""Each process's share of the machine: threads, and a GPU."""

from __future__ import annotations

import importlib.util
import os

import pytest

NO_GPU = (
    "-m gpu: expected a GPU that PyTorch can use, found none. To run on the CPU anyway, add --device=cpu; "
    "with --base-model=toy that takes minutes"
)
_WORKER, _WORKER_COUNT = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"


def let_threads_wait() -> None:
    """Let idle threads of PyTorch sleep; to be called before it is imported.

    Threads that spin while they wait take minutes for seconds' work where other processes share the cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def share_cores() -> None:
    """Give each worker of pytest-xdist its share of the cores; to be called before PyTorch is imported.

    Threads of several workers on one core would wait for each other.
    """
    if _WORKER_COUNT in os.environ:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        share = cores // int(os.environ[_WORKER_COUNT])
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))


def require_gpu() -> None:
    """Stop where PyTorch finds no GPU; where it is missing, the base model's source reports that.

    Raises
    ------
    pytest.UsageError
        There is no GPU; the message says how to go on without.
    """
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    if not torch.cuda.is_available():
        raise pytest.UsageError(NO_GPU)


def gpu_of_process() -> str:
    """Return this process's GPU, as PyTorch names it."""
    import torch

    return gpu_of_worker(os.environ.get(_WORKER, "gw0"), torch.cuda.device_count())


def gpu_of_worker(worker: str, gpus: int) -> str:
    """Return the GPU of one of several processes: the k-th has the k-th, or shares one where there are fewer.

    Parameters
    ----------
    worker : as pytest-xdist names it: ``gw0``, ``gw1`` ...
    gpus : how many there are, at least one
    """
    return f"cuda:{int(worker.removeprefix('gw')) % gpus}"
