"""How long a computation takes and how much memory it needs at most."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Timed:
    """A computation that was timed.

    Parameters
    ----------
    result : what it returned
    duration_s : wall-clock seconds
    peak_mib : most memory in use meanwhile; of a GPU what PyTorch had allocated there, else of the process
    """

    result: Any
    duration_s: float
    peak_mib: int


def timed(compute: Callable[[], Any], device: str = "cpu") -> Timed:
    """Time a computation."""
    gc.collect()
    on_gpu = device.startswith("cuda")
    if on_gpu:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    else:
        # What was freed goes back to the system, and Linux forgets the process's peak so far; see proc(5).
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    started = time.perf_counter()
    result = compute()
    if on_gpu:
        torch.cuda.synchronize()
    duration_s = time.perf_counter() - started
    peak = torch.cuda.max_memory_allocated() if on_gpu else _resident_peak()
    return Timed(result, duration_s, peak >> 20)


def _resident_peak() -> int:
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10
