"""Types and counts of micro-batches: examples of every adapter that go through one pass and back."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from manylora.chats.chat import TokenizedChat

#: For each adapter its examples, equally many.
Batch = Sequence[Sequence[TokenizedChat]]
#: For each micro-batch, for each adapter, the indices of its examples.
Split = list[list[list[int]]]
#: For each adapter, for each of its examples, what its dropout depends on.
Seeds = Sequence[Sequence[tuple[int, ...]]]
#: Each label's adapter, (labels,) long, and what a pass takes, all on the CPU.
Inputs = tuple[torch.Tensor, tuple[torch.Tensor, ...]]


def lengths_of(batch: Batch) -> list[list[int]]:
    """Return the tokens of each example, for each adapter."""
    return [[len(example.tokens) for example in examples] for examples in batch]


def label_counts_of(batch: Batch) -> list[int]:
    """Return the number of labels of each adapter."""
    return [sum(len(example.tokens) - example.prompt_length for example in examples) for examples in batch]
