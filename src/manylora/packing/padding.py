"""Padding of token sequences to one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import pad
from torch.nn.utils.rnn import pad_sequence


def pad_right(sequences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return token sequences padded with zeros to one length, (sequences, length) long, on the CPU."""
    rows = [torch.tensor(sequence, dtype=torch.long) for sequence in sequences]
    return pad_sequence(rows, batch_first=True)


def pad_left(sequences: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token sequences with zeros before them, and where they are, (sequences, length) long each."""
    rows = [torch.tensor(sequence, dtype=torch.long) for sequence in sequences]
    ids = pad_sequence(rows, batch_first=True, padding_side="left")
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True, padding_side="left")
    return ids, mask


def pad_to_multiple(values: torch.Tensor, multiple: int, value: int = 0) -> torch.Tensor:
    """Pad values along their last dimension so that its size is a multiple."""
    return pad(values, (0, -values.shape[-1] % multiple), value=value)
