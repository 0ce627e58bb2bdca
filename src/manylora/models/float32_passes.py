"""Passes in float32 through a model whose weights are in 16 bits.

Blocks are cast when they are run, so that a large model's are not held twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

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
    in_blocks = {id(module) for block in blocks for module in block.modules()}
    beside = _Cast([module for module in model.modules() if id(module) not in in_blocks])
    left = _KEPT_BYTES
    with ExitStack() as stack:
        stack.callback(beside.restore)
        beside.put()
        for block in blocks:
            cast = _Cast(list(block.modules()), is_kept=(size := _float32_bytes(block)) <= left)
            left -= size if cast.is_kept else 0
            for handle in (
                block.register_forward_pre_hook(lambda *_, cast=cast: cast.put()),
                block.register_forward_hook(lambda *_, cast=cast: cast.restore(), always_call=True),
            ):
                stack.callback(handle.remove)
        yield


class _Cast:
    """Weights of modules in float32, which take the place of those that they are made of.

    Parameters
    ----------
    modules : each with weights of its own or none
    is_kept : whether they are kept for the next time
    """

    def __init__(self, modules: Sequence[nn.Module], is_kept: bool = True) -> None:
        self.is_kept = is_kept
        self._owners = [module._parameters for module in modules if module._parameters]
        self._casts: list[dict[str, Any]] = []
        self._originals = [dict(owner) for owner in self._owners]

    def put(self) -> None:
        self._casts = self._casts or [
            {
                name: nn.Parameter(weight.float(), requires_grad=False)
                for name, weight in owner.items()
                if weight is not None and weight.is_floating_point()
            }
            for owner in self._originals
        ]
        for owner, casts in zip(self._owners, self._casts, strict=True):
            owner.update(casts)

    def restore(self) -> None:
        for owner, original in zip(self._owners, self._originals, strict=True):
            owner.update(original)
        if not self.is_kept:
            self._casts = []


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Return the outermost members of lists of modules."""
    for child in module.children():
        if isinstance(module, nn.ModuleList):
            yield child
        else:
            yield from _blocks(child)


def _float32_bytes(block: nn.Module) -> int:
    return sum(4 * weight.numel() for weight in block.parameters() if weight.dtype != torch.float32)
