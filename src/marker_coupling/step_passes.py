"""The passes of a training step: as many examples at once as memory holds, equal in result however split."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from marker_coupling.adapter_dropout import AdapterDropout, token_keys
from marker_coupling.adapters import AdapterBank
from marker_coupling.captured_calls import CapturedCalls
from marker_coupling.dialogue import Dialogue
from marker_coupling.gpu_memory import free_bytes
from marker_coupling.instrument import NotEnoughMemoryError
from marker_coupling.labelled_logits import labelled_logits
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.padding import right_padded
from marker_coupling.recipe import AdapterShape

#: Memory that a forward and backward pass over all adapters may take where a CPU computes, and tokens from
#: which on more at once gain nothing. With more memory it is slower: caches are missed and pages faulted.
CPU_BYTES, CPU_TOKENS = 3 << 30, 4096
#: Share of what is free on a GPU that a pass may take by the estimate, which is rough.
_GPU_SHARE = 0.6
#: On a GPU lengths and numbers of labels are rounded up to these, so that few shapes recur.
_LENGTHS, _LABELS = 32, 1024


def tokens_that_fit(loaded: LoadedModel, shape: AdapterShape) -> int:
    """Return how many tokens a forward and backward pass can take, by an estimate of what it keeps of each.

    What a block keeps for its backward pass, of each token: two norms in float32 with their inputs, what
    every adapter is given, queries, keys and values, and the halves of the feed-forward layer. Logits are
    held in float32 with their gradient; about half the tokens have labels.
    """
    config = loaded.model.config.get_text_config()
    item = loaded.model.dtype.itemsize
    width, inner = config.hidden_size, config.intermediate_size
    block = 16 * width + item * (13 * width + 4 * inner + len(shape.projections) * shape.rank)
    token = 1.2 * block * loaded.blocks + 0.5 * (12 + 2 * item) * config.vocab_size
    if loaded.device.type != "cuda":
        return max(1, min(CPU_TOKENS, int(CPU_BYTES / token)))
    return max(1, int(_GPU_SHARE * free_bytes(loaded.device) / token))


class StepPasses:
    """Forward and backward passes of training steps; a context manager that gives their memory back.

    Parameters
    ----------
    loaded : with adapters attached
    dropout : theirs
    tokens : of one pass; halved when memory turns out not to hold them
    """

    def __init__(self, loaded: LoadedModel, dropout: AdapterDropout, tokens: int) -> None:
        self._loaded, self._dropout, self.tokens = loaded, dropout, tokens
        self._captured = CapturedCalls(self._computed) if loaded.device.type == "cuda" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _forget(self) -> None:
        if self._captured is not None:
            self._captured.forget()
            torch.cuda.empty_cache()

    def backward(
        self, bank: AdapterBank, batch: Sequence[Sequence[Dialogue]], seeds: Sequence[tuple[int, int]]
    ) -> NDArray[np.float64]:
        """Make the gradients of one step and return its losses, (adapters,).

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
                        f"{len(batch)} adapters on {self._loaded.device}; key sources_per_cell: choose fewer"
                    ) from error
            self.tokens //= 2
            self._forget()

    def _attempt(
        self, bank: AdapterBank, batch: Sequence[Sequence[Dialogue]], seeds: Sequence[tuple[int, int]]
    ) -> NDArray[np.float64]:
        bank.zero_gradients()
        labels = [sum(len(one.tokens) - one.answer_start for one in own) for own in batch]
        losses = torch.zeros(len(batch), dtype=torch.float64)
        for rows in _passes(batch, self.tokens):
            part = [[own[row] for row in chosen] for own, chosen in zip(batch, rows, strict=True)]
            dropped = [[(*seed, row) for row in chosen] for seed, chosen in zip(seeds, rows, strict=True)]
            losses += self._pass(part, dropped, labels)
            bank.collect_gradients()
        return losses.numpy()

    def _pass(
        self,
        part: Sequence[Sequence[Dialogue]],
        dropped: Sequence[Sequence[tuple[int, ...]]],
        labels: Sequence[int],
    ) -> torch.Tensor:
        rows = [one for own in part for one in own]
        ids = right_padded([one.tokens for one in rows])
        if self._captured is not None:
            ids = _widened(ids, 1, _LENGTHS)
        wanted = torch.zeros_like(ids, dtype=torch.bool)
        for row, one in enumerate(rows):
            wanted[row, one.answer_start - 1 : len(one.tokens) - 1] = True
        places, targets = wanted.flatten().nonzero()[:, 0], ids.roll(-1, dims=1)[wanted]
        owner = places // (ids.shape[1] * len(part[0]))
        share = 1 / torch.tensor(labels, dtype=torch.float32)[owner]
        labelled = [places, targets, share]
        if self._captured is not None:
            # Labels that count nothing fill up.
            labelled = [_widened(one, 0, _LABELS) for one in labelled]
        inputs = (ids, token_keys(dropped, ids.shape[1]), *labelled)
        device = self._loaded.device
        weighted = (self._captured or self._computed)(*(one.to(device) for one in inputs))
        summed = torch.zeros(len(part), dtype=torch.float64)
        return summed.index_add_(0, owner, weighted[: len(owner)].double().cpu())

    def _computed(
        self, ids: torch.Tensor, keys: torch.Tensor, places: torch.Tensor, targets: torch.Tensor,
        share: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Make gradients, and return each label's part of the losses."""
        self._dropout.token_keys = keys
        logits = labelled_logits(self._loaded, ids, places)
        weighted = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none") * share
        with warnings.catch_warnings():
            # The gradients are views of one tensor, which costs less than it saves.
            warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout")
            # Adapters share no weights, so the gradient of the sum is each one's own.
            weighted.sum().backward()  # type: ignore[no-untyped-call]
        return weighted.detach()


def _passes(batch: Sequence[Sequence[Dialogue]], tokens: int) -> Iterator[list[list[int]]]:
    """Split a step into passes with equally many examples of each adapter, those of like length together."""
    orders = [sorted(range(len(own)), key=lambda row: -len(own[row].tokens)) for own in batch]
    start, count = 0, len(batch[0])
    while start < count:
        longest = max(len(own[order[start]].tokens) for own, order in zip(batch, orders, strict=True))
        end = start + max(1, tokens // (longest * len(batch)))
        yield [order[start:end] for order in orders]
        start = end


def _widened(values: torch.Tensor, dim: int, multiple: int) -> torch.Tensor:
    """Return values with zeros after them, so many along a dimension that its size is a multiple."""
    lacking = -values.shape[dim] % multiple
    shape = [*values.shape[:dim], lacking, *values.shape[dim + 1 :]]
    return torch.cat([values, values.new_zeros(shape)], dim)
