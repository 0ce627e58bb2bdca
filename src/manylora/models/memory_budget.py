"""Memory that passes plan with, and the back-off where it turns out too little: halve and try again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch

from manylora.errors import NotEnoughMemoryError
from manylora.models.loaded_model import LoadedModel

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class MemoryBudget:
    """Memory that one kind of pass may take, by estimates, which are rough.

    Parameters
    ----------
    gpu_share : of what is free on a GPU
    cpu_bytes : on a CPU
    cpu_units, gpu_units : tokens or rows from which on more at once gain nothing
    """

    gpu_share: float
    cpu_bytes: float = math.inf
    cpu_units: float = math.inf
    gpu_units: float = math.inf

    def units(self, loaded: LoadedModel, unit_bytes: float, reserved_bytes: int = 0) -> int:
        """Return the number of tokens or rows that fit at once, at least one.

        Parameters
        ----------
        unit_bytes : of each
        reserved_bytes : taken whatever their number
        """
        if loaded.device.type == "cuda":
            planned, most = self.gpu_share * _free_bytes(loaded.device), self.gpu_units
        else:
            planned, most = self.cpu_bytes, self.cpu_units
        return max(1, int(min(most, (planned * loaded.memory_share - reserved_bytes) / unit_bytes)))


def _free_bytes(device: torch.device) -> int:
    """Return the free memory of a GPU, with what PyTorch holds for later use."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))


def with_backoff(
    attempt: Callable[[int], _Result], size: int, least: int, message: str
) -> tuple[_Result, int]:
    """Halve the size of an attempt until a GPU's memory holds it; return its result and that size.

    Parameters
    ----------
    attempt : given a size
    size, least : first to try, and so small that half would gain nothing
    message : of the error

    Raises
    ------
    NotEnoughMemoryError
        The least size does not fit.
    """
    while True:
        try:
            return attempt(size), size
        except torch.OutOfMemoryError as error:
            if size <= least:
                raise NotEnoughMemoryError(message) from error
        # Memory is given back only when the error is forgotten.
        size //= 2
        torch.cuda.empty_cache()


def in_chunks(
    count: int, size: int, compute: Callable[[slice], _Result], message: str
) -> Iterator[tuple[slice, _Result]]:
    """Yield slices of so many items and what is computed of each, in fewer at a time where memory is full.

    Raises
    ------
    NotEnoughMemoryError
        One item does not fit.
    """
    done = 0
    while done < count:

        def attempt(size: int, start: int = done) -> _Result:
            return compute(slice(start, start + size))

        result, size = with_backoff(attempt, min(size, count - done), 1, message)
        yield slice(done, done + size), result
        done += size
