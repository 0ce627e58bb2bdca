"""Gradient accumulation: a step's micro-batches, as large as memory holds, equal in result however split."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.adapters.adapter_bank import AdaptedLinear, AdapterBank
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.blocks.packed_blocks import is_packable
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_budget import MemoryBudget, with_backoff
from manylora.packing.capturable import is_capturable
from manylora.packing.cuda_graphs import CudaGraphs
from manylora.packing.shape_buckets import plan_buckets
from manylora.training.micro_batch import Batch, label_counts_of, lengths_of
from manylora.training.packed_micro_batch import PackedMicroBatch
from manylora.training.padded_micro_batch import PaddedMicroBatch

#: With more memory a CPU is slower: caches are missed and pages faulted.
BUDGET = MemoryBudget(gpu_share=0.8, cpu_bytes=3 << 30, cpu_units=4096)
#: Weights from which on a GPU computes for longer than its kernels take to launch. A graph would gain nothing
#: there, and hold memory.
_CAPTURED_BELOW = 1e9
#: Floating-point operations in whose time a graph is captured; a token takes four for each weight.
_CAPTURE_OPERATIONS = 3e13

#: Tokens of an example with which blocks are tried.
_PROBE = 4


def tokens_that_fit(loaded: LoadedModel, shape: AdapterShape) -> int:
    """Return the most tokens of a micro-batch, by an estimate of the memory of each."""
    kind = PackedMicroBatch if is_packable(loaded) else PaddedMicroBatch
    return BUDGET.units(loaded, kind.bytes_of_token(loaded, shape))


@dataclass(frozen=True, eq=False)
class StepLosses:
    """Losses of a step, which a GPU may not have computed yet.

    Parameters
    ----------
    adapters : how many
    parts : for each micro-batch each label's adapter, and its part of the loss, (labels or more,)
    """

    adapters: int
    parts: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    def wait(self) -> NDArray[np.float64]:
        """Return each adapter's loss, (adapters,)."""
        summed = torch.zeros(self.adapters, dtype=torch.float64)
        for label_adapters, weighted in self.parts:
            summed.index_add_(0, label_adapters, weighted.cpu()[: len(label_adapters)].double())
        return summed.numpy()


class GradientAccumulation(AbstractContextManager["GradientAccumulation"]):
    """Gradients of training steps by micro-batches; a context manager that gives their memory back.

    Parameters
    ----------
    loaded : with adapters attached
    dropout : theirs
    tokens : of one pass; halved when memory turns out not to hold them
    batches : of all steps that are going to come: for each adapter its examples
    """

    def __init__(
        self, loaded: LoadedModel, dropout: AdapterDropout, tokens: int, batches: Sequence[Batch] = ()
    ) -> None:
        self._loaded, self._dropout, self.tokens, self._batches = loaded, dropout, tokens, batches
        self._device = loaded.device
        self._begin()

    def __exit__(self, *_: object) -> None:
        self._release()

    def _begin(self) -> None:
        parameters = self._loaded.model.parameters()
        weights = sum(weight.numel() for weight in parameters if not weight.requires_grad)
        is_captured = self._device.type == "cuda" and weights < _CAPTURED_BELOW
        self._micro_batch: PackedMicroBatch | PaddedMicroBatch
        if is_packable(self._loaded):
            shapes = [
                PackedMicroBatch.shape(_chosen(batch, rows))
                for batch in (self._batches if is_captured else ())
                for rows in PackedMicroBatch.split(lengths_of(batch), self.tokens)
            ]
            buckets = plan_buckets(shapes, capture_cost=_CAPTURE_OPERATIONS / (4 * weights))
            self._micro_batch = PackedMicroBatch(self._loaded, self._dropout, buckets)
        else:
            is_captured = is_captured and self._is_capturable()
            self._micro_batch = PaddedMicroBatch(self._loaded, self._dropout, few_shapes=is_captured)
        self._graphs = CudaGraphs(self._micro_batch.compute) if is_captured else None

    def _is_capturable(self) -> bool:
        """Try a small pass through the model's own blocks, whose gradients are of no use."""
        modules = self._loaded.model.modules()
        adapters = next(len(module.down) for module in modules if isinstance(module, AdaptedLinear))
        batch = [[TokenizedChat(tuple(self._loaded.probe_tokens(_PROBE)), 1)]] * adapters
        micro_batch = PaddedMicroBatch(self._loaded, self._dropout)
        _, inputs = micro_batch.inputs(batch, [[(0,)]] * adapters, [_PROBE - 1] * adapters)
        return is_capturable(micro_batch.compute, [tensor.to(self._device) for tensor in inputs])

    def _release(self) -> None:
        if self._graphs is not None:
            self._graphs.release()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def backward(self, bank: AdapterBank, batch: Batch, seeds: Sequence[tuple[int, int]]) -> StepLosses:
        """Make the gradients of one step and return its losses.

        Parameters
        ----------
        batch : for each adapter its examples, equally many
        seeds : for each adapter what its dropout depends on

        Raises
        ------
        NotEnoughMemoryError
            A GPU does not hold one example of each adapter.
        """
        longest = max(map(max, lengths_of(batch)))
        losses, _ = with_backoff(
            partial(self._attempt, bank, batch, seeds), self.tokens, longest * len(batch),
            f"training: expected memory for one example of {longest} tokens of each of {len(batch)} adapters "
            f"on {self._device}",
        )  # fmt: skip
        return losses

    def _attempt(
        self, bank: AdapterBank, batch: Batch, seeds: Sequence[tuple[int, int]], tokens: int
    ) -> StepLosses:
        if tokens != self.tokens:
            self.tokens = tokens
            self._release()
            self._begin()
        bank.zero_gradients()
        label_counts, parts = label_counts_of(batch), []
        for rows in self._micro_batch.split(lengths_of(batch), self.tokens):
            dropped = [[(*seed, row) for row in chosen] for seed, chosen in zip(seeds, rows, strict=True)]
            label_adapters, inputs = self._micro_batch.inputs(_chosen(batch, rows), dropped, label_counts)
            parts.append((label_adapters, self._run(inputs)))
            bank.collect_gradients()
        return StepLosses(len(batch), tuple(parts))

    def _run(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        if self._device.type == "cuda":
            # From pinned memory nothing waits for the GPU.
            inputs = [tensor.pin_memory().to(self._device, non_blocking=True) for tensor in inputs]
        return self._micro_batch.compute(*inputs) if self._graphs is None else self._graphs(*inputs).clone()


def _chosen(batch: Batch, rows: Sequence[Sequence[int]]) -> list[list[TokenizedChat]]:
    """Return some of each adapter's examples."""
    return [[examples[row] for row in chosen] for examples, chosen in zip(batch, rows, strict=True)]
