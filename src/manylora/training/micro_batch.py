"""The interface of micro-batches: examples of every adapter that go through one forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel

#: For each adapter its examples, equally many.
Batch = Sequence[Sequence[TokenizedChat]]


class MicroBatch(Protocol):
    """Passes over equally many examples of each adapter."""

    @staticmethod
    def bytes_of_token(loaded: LoadedModel, shape: AdapterShape) -> float:
        """Estimate the memory that a pass keeps of a token."""

    @staticmethod
    def split(lengths: Sequence[Sequence[int]], tokens: int) -> list[list[list[int]]]:
        """Split a step into micro-batches.

        Parameters
        ----------
        lengths : of each adapter's examples
        tokens : that a micro-batch may have, if that is one example of each adapter

        Returns
        -------
        list
            For each micro-batch, for each adapter, the indices of its examples.
        """

    def inputs(
        self, batch: Batch, seeds: Sequence[Sequence[tuple[int, ...]]], label_counts: Sequence[int]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Return each label's adapter, (labels,) long, and what :attr:`compute` takes, all on the CPU.

        Parameters
        ----------
        seeds : of the dropout, for each example
        label_counts : of each adapter in the whole step, over which its loss is a mean
        """

    @property
    def compute(self) -> Callable[..., torch.Tensor]:
        """Make gradients and return each label's part of the losses, (labels or more,)."""


def lengths_of(batch: Batch) -> list[list[int]]:
    """Return the tokens of each example, for each adapter."""
    return [[len(example.tokens) for example in examples] for examples in batch]


def label_counts_of(batch: Batch) -> list[int]:
    """Return the number of labels of each adapter."""
    return [sum(len(example.tokens) - example.prompt_length for example in examples) for examples in batch]
