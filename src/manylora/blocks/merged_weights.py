"""Weights of linear modules that share an input, one after another in memory: one product instead of many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


def joined_weights(modules: Sequence[nn.Linear]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return weights (outputs of all, inputs) and biases (outputs of all,) of frozen modules.

    What is returned is the modules' own memory. Where they do not lie one after another yet, they are moved.

    Raises
    ------
    ValueError
        Some have a bias, others none.
    """
    weights = _joined([module.weight for module in modules])
    biases = [module.bias for module in modules if module.bias is not None]
    if not biases:
        return weights, None
    if len(biases) < len(modules):
        raise ValueError("modules: expected a bias of all that share an input, or of none")
    return weights, _joined(biases)


def _joined(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    if not all(_follows(one, other) for one, other in pairwise(parts)):
        # Weights that were made in inference could not be trained through.
        with torch.inference_mode(False), torch.no_grad():
            whole = torch.cat([one.data for one in parts])
            for part, view in zip(parts, torch.split(whole, [len(one) for one in parts]), strict=True):
                part.data = view
    first, length = parts[0].data, sum(map(len, parts))
    return first.as_strided((length, *first.shape[1:]), first.stride())


def _follows(one: torch.Tensor, other: torch.Tensor) -> bool:
    return (
        one.is_contiguous()
        and other.is_contiguous()
        and one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
        and one.storage_offset() + one.numel() == other.storage_offset()
    )
