"""Dropout of adapters' inputs on a GPU: as `adapter_dropout`, one kernel instead of eight.

What is dropped is computed again for the gradient, so that no mask is kept.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

_BLOCK = 1024


@triton.jit
def is_kept(mixed, bound):  # type: ignore[no-untyped-def]
    """Tell from the sum of a token's and a channel's key whether what they meet in is kept."""
    # The shifts and multipliers of adapter_dropout.
    mixed ^= (mixed >> 16) & 0xFFFF
    mixed *= -2048144789
    mixed ^= (mixed >> 13) & 0x7FFFF
    mixed *= -1028477387
    return mixed >= bound


@triton.jit  # type: ignore[untyped-decorator]
def _drop(inputs, outputs, token_keys, channel_keys, width, count, bound, block: tl.constexpr):  # type: ignore[no-untyped-def]
    offsets = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = offsets < count
    token, channel = offsets // width, offsets % width
    mixed = tl.load(token_keys + token, inside, 0) + tl.load(channel_keys + channel, inside, 0)
    values = tl.load(inputs + offsets, inside, 0.0)
    tl.store(outputs + offsets, tl.where(is_kept(mixed, bound), values, 0.0), inside)


def _launch(
    inputs: torch.Tensor, token_keys: torch.Tensor, channel_keys: torch.Tensor, bound: int
) -> torch.Tensor:
    inputs = inputs.contiguous()
    outputs = torch.empty_like(inputs)
    grid = (triton.cdiv(inputs.numel(), _BLOCK),)
    _drop[grid](
        inputs, outputs, token_keys, channel_keys, inputs.shape[-1], inputs.numel(), bound, block=_BLOCK
    )
    return outputs


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, token_keys: torch.Tensor, channel_keys: torch.Tensor, bound: int
    ) -> torch.Tensor:
        ctx.save_for_backward(token_keys, channel_keys)
        ctx.bound = bound
        return _launch(inputs, token_keys, channel_keys, bound)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        token_keys, channel_keys = ctx.saved_tensors
        return _launch(grad_output, token_keys, channel_keys, ctx.bound), None, None, None


def apply_dropout(
    inputs: torch.Tensor, token_keys: torch.Tensor, channel_keys: torch.Tensor, bound: int
) -> torch.Tensor:
    """Return inputs, zero where a token's and a channel's key mix to a number below the bound.

    Parameters
    ----------
    inputs : (adapters, rows, length, width)
    token_keys : (adapters, rows, length, 1) int32
    channel_keys : (width,) int32
    """
    return _Dropout.apply(inputs, token_keys, channel_keys, bound)  # type: ignore[no-untyped-call, no-any-return]
