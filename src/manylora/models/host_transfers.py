"""Transfers between ordinary memory and a GPU through pinned memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch

#: Numbers that are copied at once.
_PIECE = 1 << 24


def to_host(values: torch.Tensor) -> torch.Tensor:
    """Return a copy of (numbers,) in ordinary memory.

    From a GPU it is taken through a piece of pinned memory: a driver that writes to ordinary memory itself
    waits for every new page.
    """
    if not values.is_cuda:
        return values.clone()
    copied = torch.empty(values.shape, dtype=values.dtype)
    buffer = torch.empty(min(_PIECE, len(values)), dtype=values.dtype, pin_memory=True)
    for start in range(0, len(values), _PIECE):
        part = values[start : start + _PIECE]
        copied[start : start + _PIECE] = buffer[: len(part)].copy_(part)
    return copied


def pinned_cat(parts: Sequence[torch.Tensor], device: torch.device) -> torch.Tensor:
    """Return parts one after another, (numbers,), in memory from which they are copied to a device soon.

    For a GPU that is pinned memory, which PyTorch keeps for the next copy.
    """
    size, is_pinned = sum(part.numel() for part in parts), device.type == "cuda"
    whole = torch.empty(size, dtype=parts[0].dtype, pin_memory=is_pinned)
    return torch.cat([part.flatten() for part in parts], out=whole)
