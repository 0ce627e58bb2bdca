"""Passes in float32 through a model whose weights are in 16 bits.

Blocks are cast when they are run, so that a large model's are not held twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn

#: Memory for blocks in float32 that are kept from one pass to the next.
_KEPT_BYTES = 1 << 30


@contextmanager
def float32_passes(model: nn.Module) -> Iterator[None]:
    """Let a model compute in float32 while the block runs, by the weights that it has.

    A model that names a type in its code may raise an error.
    """
    blocks = list(_blocks(model))
    in_blocks = {module for block in blocks for module in block.modules()}
    beside = {
        weight
        for module in model.modules()
        if module not in in_blocks
        for weight in module.parameters(recurse=False)
    }
    left = _KEPT_BYTES
    with ExitStack() as stack:
        cast = _Cast(beside)
        stack.callback(cast.restore)
        cast.put()
        for block in blocks:
            weights = set(block.parameters()) - beside
            size = sum(4 * weight.numel() for weight in weights)
            cast = _Cast(weights, is_kept=size <= left)
            left -= size if cast.is_kept else 0
            stack.enter_context(block.register_forward_pre_hook(lambda *_, cast=cast: cast.put()))
            stack.enter_context(
                block.register_forward_hook(lambda *_, cast=cast: cast.restore(), always_call=True)
            )
        yield


class _Cast:
    """Weights in float32 in the place of those that they are made of; kept for the next time, or not."""

    def __init__(self, weights: Iterable[nn.Parameter], is_kept: bool = True) -> None:
        self.is_kept = is_kept
        self._originals = {weight: weight.data for weight in weights if weight.is_floating_point()}
        self._casts: dict[nn.Parameter, torch.Tensor] = {}

    def put(self) -> None:
        self._casts = self._casts or {weight: data.float() for weight, data in self._originals.items()}
        for weight, data in self._casts.items():
            weight.data = data

    def restore(self) -> None:
        for weight, data in self._originals.items():
            weight.data = data
        if not self.is_kept:
            self._casts = {}


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Return the outermost members of lists of modules."""
    for child in module.children():
        if isinstance(module, nn.ModuleList):
            yield child
        else:
            yield from _blocks(child)
