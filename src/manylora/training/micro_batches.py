"""The passes of a training step: as many examples at once as memory holds, equal in result however split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.adapters.adapter_bank import AdaptedLinear, AdapterBank
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.blocks.packed_blocks import is_packable
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.errors import NotEnoughMemoryError
from manylora.models.device_memory import free_bytes
from manylora.models.loaded_model import LoadedModel
from manylora.packing.capturable import is_capturable
from manylora.packing.cuda_graphs import CudaGraphs
from manylora.packing.shape_buckets import plan_buckets
from manylora.training.packed_micro_batch import PackedMicroBatch
from manylora.training.padded_micro_batch import PaddedMicroBatch

#: Memory that a forward and backward pass over all adapters may take where a CPU computes, and tokens from
#: which on more at once gain nothing. With more memory it is slower: caches are missed and pages faulted.
CPU_BYTES, CPU_TOKENS = 3 << 30, 4096
#: Share of what is free on a GPU that a pass may take by the estimate, which is rough.
_GPU_SHARE = 0.8
#: Weights from which on a GPU computes for longer than its kernels take to launch. A graph would gain nothing
#: there, and hold memory.
_CAPTURED_BELOW = 1e9
#: Floating-point operations in whose time a graph is captured; a token takes four for each weight.
_CAPTURE_OPERATIONS = 3e13

#: Tokens of an example with which blocks are tried.
_PROBE = 4

#: For each adapter the examples of a step, equally many.
Batch = Sequence[Sequence[TokenizedChat]]


def tokens_that_fit(loaded: LoadedModel, shape: AdapterShape) -> int:
    """Return how many tokens a forward and backward pass can take, by an estimate of what each needs."""
    way = PackedMicroBatch if is_packable(loaded) else PaddedMicroBatch
    token = way.bytes_of_token(loaded, shape)
    if loaded.device.type != "cuda":
        return max(1, min(CPU_TOKENS, int(CPU_BYTES / token)))
    return max(1, int(_GPU_SHARE * free_bytes(loaded.device) / token))


@dataclass(frozen=True, eq=False)
class StepLosses:
    """The losses of a step, which may still be under way.

    Parameters
    ----------
    adapters : how many
    parts : for each pass whose a label is, and its part of the loss, (labels or more,)
    """

    adapters: int
    parts: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    def wait(self) -> NDArray[np.float64]:
        """Return each adapter's loss, (adapters,)."""
        summed = torch.zeros(self.adapters, dtype=torch.float64)
        for owner, weighted in self.parts:
            summed.index_add_(0, owner, weighted.cpu()[: len(owner)].double())
        return summed.numpy()


class GradientAccumulation:
    """Forward and backward passes of training steps; a context manager that gives their memory back.

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _begin(self) -> None:
        weights = sum(one.numel() for one in self._loaded.model.parameters() if not one.requires_grad)
        is_captured = self._device.type == "cuda" and weights < _CAPTURED_BELOW
        self._way: PackedMicroBatch | PaddedMicroBatch
        if is_packable(self._loaded):
            sizes = [
                PackedMicroBatch.size(part)
                for batch in (self._batches if is_captured else ())
                for part in map(partial(_chosen, batch), PackedMicroBatch.split(_lengths(batch), self.tokens))
            ]
            price = _CAPTURE_OPERATIONS / (4 * weights)
            self._way = PackedMicroBatch(self._loaded, self._dropout, plan_buckets(sizes, price))
        else:
            is_captured = is_captured and self._is_capturable()
            self._way = PaddedMicroBatch(self._loaded, self._dropout, few_shapes=is_captured)
        self._computed: Callable[..., torch.Tensor] = self._way.compute
        self._captured = CudaGraphs(self._computed) if is_captured else None

    def _is_capturable(self) -> bool:
        """Try a small pass through the model's own blocks, whose gradients are of no use."""
        adapters = next(
            len(one.down) for one in self._loaded.model.modules() if isinstance(one, AdaptedLinear)
        )
        examples = [[TokenizedChat(tuple(self._loaded.probe_tokens(_PROBE)), 1)]] * adapters
        way = PaddedMicroBatch(self._loaded, self._dropout)
        _, inputs = way.inputs(examples, [[(0,)]] * adapters, [_PROBE - 1] * adapters)
        return is_capturable(way.compute, [one.to(self._device) for one in inputs])

    def _forget(self) -> None:
        if self._captured is not None:
            self._captured.release()
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
        while True:
            try:
                return self._attempt(bank, batch, seeds)
            except torch.OutOfMemoryError as error:
                longest = max(len(one.tokens) for own in batch for one in own)
                if self.tokens <= longest * len(batch):
                    raise NotEnoughMemoryError(
                        f"training: expected memory for one example of {longest} tokens of each of "
                        f"{len(batch)} adapters on {self._device}; key sources_per_cell: choose fewer"
                    ) from error
            self.tokens //= 2
            self._forget()
            self._begin()

    def _attempt(self, bank: AdapterBank, batch: Batch, seeds: Sequence[tuple[int, int]]) -> StepLosses:
        bank.zero_gradients()
        labels = [sum(len(one.tokens) - one.prompt_length for one in own) for own in batch]
        parts = []
        for rows in self._way.split(_lengths(batch), self.tokens):
            part = _chosen(batch, rows)
            dropped = [[(*seed, row) for row in chosen] for seed, chosen in zip(seeds, rows, strict=True)]
            owner, inputs = self._way.inputs(part, dropped, labels)
            parts.append((owner, self._compute(inputs)))
            bank.collect_gradients()
        return StepLosses(len(batch), tuple(parts))

    def _compute(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        if self._device.type == "cuda":
            # From pinned memory nobody waits for what the GPU is at.
            inputs = [one.pin_memory().to(self._device, non_blocking=True) for one in inputs]
        return self._computed(*inputs) if self._captured is None else self._captured(*inputs).clone()


def _lengths(batch: Batch) -> list[list[int]]:
    return [[len(one.tokens) for one in own] for own in batch]


def _chosen(batch: Batch, rows: Sequence[Sequence[int]]) -> list[list[TokenizedChat]]:
    return [[own[row] for row in chosen] for own, chosen in zip(batch, rows, strict=True)]
