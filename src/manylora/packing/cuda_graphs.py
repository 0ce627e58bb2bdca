"""CUDA graphs: calls that are captured once and replayed, thousands of kernels for one launch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

#: A graph, the tensors that it reads, and the one that it writes.
_Captured = tuple[torch.cuda.CUDAGraph, list[torch.Tensor], torch.Tensor]


class CudaGraphs:
    """A function as CUDA graphs, one for each combination of shapes that comes after the first call.

    Parameters
    ----------
    function : of tensors on the current GPU; synchronises with no value, and reads and writes no other
        tensors but those that stay where they are
    is_set_up : whether it has been called before, so that the first call can be captured, too
    """

    def __init__(self, function: Callable[..., torch.Tensor], is_set_up: bool = False) -> None:
        self._function, self._is_set_up = function, is_set_up
        self._captured: dict[tuple[tuple[int, ...], ...], _Captured] = {}
        self._pool: Any = None

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return the function's result; it is overwritten by the next call."""
        shapes = tuple(tuple(tensor.shape) for tensor in inputs)
        if not self._is_set_up:
            # Libraries set themselves up in the first call, which cannot be captured.
            self._is_set_up = True
            return self._function(*inputs)
        if shapes not in self._captured:
            self._captured[shapes] = self._capture(inputs)
        graph, static_inputs, output = self._captured[shapes]
        for static_input, tensor in zip(static_inputs, inputs, strict=True):
            static_input.copy_(tensor)
        graph.replay()
        return output

    def release(self) -> None:
        """Give back the memory of all graphs."""
        self._captured.clear()
        self._pool = None

    def _capture(self, inputs: tuple[torch.Tensor, ...]) -> _Captured:
        # What earlier calls left for reuse cannot be used by a graph, which has memory of its own.
        torch.cuda.empty_cache()
        static_inputs = [tensor.clone() for tensor in inputs]
        graph = torch.cuda.CUDAGraph()
        # Graphs are replayed one after another, so that they can share memory.
        with torch.cuda.graph(graph, pool=self._pool, stream=_capturing_stream(torch.cuda.current_device())):
            output = self._function(*static_inputs)
        self._pool = graph.pool()
        return graph, static_inputs, output


@cache
def _capturing_stream(device: int) -> torch.cuda.Stream:
    """Return the stream on which all graphs of a GPU are captured; libraries keep a workspace for each."""
    # PyTorch's default is one stream for all GPUs, on whichever captured first, and makes that GPU current.
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
