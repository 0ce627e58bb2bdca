"""Merged weights of linear modules that share an input: one product instead of many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


def merged_weights(modules: Sequence[nn.Linear]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return weights (outputs of all, inputs) and biases (outputs of all,) of frozen modules.

    What is returned is the modules' own memory. Where they do not lie one after another yet, they are moved.

    Raises
    ------
    ValueError
        Some have a bias, others none.
    """
    weights = _merge([module.weight for module in modules])
    biases = [module.bias for module in modules if module.bias is not None]
    if not biases:
        return weights, None
    if len(biases) < len(modules):
        raise ValueError("modules: expected a bias of all that share an input, or of none")
    return weights, _merge(biases)


def _merge(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    if not all(_follows(part, following) for part, following in pairwise(parts)):
        # Weights that were made in inference could not be trained through.
        with torch.inference_mode(False), torch.no_grad():
            whole = torch.cat([part.data for part in parts])
            for part, view in zip(parts, torch.split(whole, [len(part) for part in parts]), strict=True):
                part.data = view
    first, length = parts[0].data, sum(map(len, parts))
    return first.as_strided((length, *first.shape[1:]), first.stride())


def _follows(part: torch.Tensor, following: torch.Tensor) -> bool:
    return (
        part.is_contiguous()
        and following.is_contiguous()
        and part.untyped_storage().data_ptr() == following.untyped_storage().data_ptr()
        and part.storage_offset() + part.numel() == following.storage_offset()
    )
