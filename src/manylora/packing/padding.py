"""Padding of token sequences to one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def pad_right(sequences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return token sequences padded with zeros to one length, (sequences, length) long, on the CPU."""
    rows = [torch.tensor(sequence, dtype=torch.long) for sequence in sequences]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def pad_left(sequences: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token sequences with zeros before them, and where they are, (sequences, length) long each."""
    columns = max(map(len, sequences))
    ids = torch.zeros((len(sequences), columns), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(sequences):
        ids[row, columns - len(tokens) :] = torch.tensor(tokens)
        mask[row, columns - len(tokens) :] = 1
    return ids, mask


def pad_to_multiple(values: torch.Tensor, dim: int, multiple: int, value: int = 0) -> torch.Tensor:
    """Pad values along a dimension so that its size is a multiple."""
    missing = -values.shape[dim] % multiple
    shape = [*values.shape[:dim], missing, *values.shape[dim + 1 :]]
    return torch.cat([values, values.new_full(shape, value)], dim)
