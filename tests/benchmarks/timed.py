"""How long a computation takes and how much memory it needs at most."""

from __future__ import annotations

import ctypes
import gc
import threading
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


class MemoryWatch:
    """Most memory of a GPU that all processes together took while it was open, looked at ten times a second.

    Parameters
    ----------
    device : a GPU, else nothing is watched
    """

    def __init__(self, device: str) -> None:
        self._device, self._closed = device, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.peak_mib: int | None = None

    def __enter__(self) -> MemoryWatch:
        if self._device.startswith("cuda"):
            self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        if self._watcher.is_alive():
            self._watcher.join()

    def _watch(self) -> None:
        before, _ = torch.cuda.mem_get_info(self._device)
        while not self._closed.wait(0.1):
            free, _ = torch.cuda.mem_get_info(self._device)
            self.peak_mib = max(self.peak_mib or 0, (before - free) >> 20)


def _resident_peak() -> int:
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10
