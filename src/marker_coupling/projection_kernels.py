"""Low-rank updates on a GPU: an input is read once for all projections that share it, and never copied.

What is dropped is computed where it is needed, as in `adapter_dropout`, so that no mask and no dropped input
is kept. Every sum is taken in a fixed order, so that the same inputs give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl

from marker_coupling.adapter_dropout_kernel import is_kept

#: Tokens and channels of a tile; dimensions of tensor cores' products are no less than the last.
_TOKENS, _CHANNELS, _LEAST = 64, 64, 16


# One kernel for any number of projections, as each takes half a second to compile.
_compiled = triton.jit(do_not_specialize=["modules"])


@_compiled  # type: ignore[untyped-decorator]
def _lowered(  # type: ignore[no-untyped-def]
    inputs, token_keys, channel_keys, down0, down1, down2, low, length, width, rank, stride, bound,
    modules, drops: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    module, adapter = tl.program_id(0) % modules, tl.program_id(1).to(tl.int64)
    down = down0
    if module == 1:
        down = down1
    if module == 2:
        down = down2
    place = (tl.program_id(0) // modules) * tokens + tl.arange(0, tokens)
    inside, row = place < length, adapter * length + place
    order = tl.arange(0, ranks)
    token = tl.load(token_keys + row, inside, 0) if drops else place
    summed = tl.zeros((tokens, ranks), tl.float32)
    for start in range(0, width, channels):
        column = start + tl.arange(0, channels)
        values = tl.load(
            inputs + row[:, None] * width + column[None, :], inside[:, None] & (column < width)[None, :], 0.0
        )
        if drops:
            channel = tl.load(channel_keys + module * width + column, column < width, 0)
            values = tl.where(is_kept(token[:, None] + channel[None, :], bound), values, 0.0)
        weights = tl.load(
            down + adapter * stride + order[None, :] * width + column[:, None],
            (order < rank)[None, :] & (column < width)[:, None], 0.0,
        )  # fmt: skip
        summed = tl.dot(values, weights, summed, input_precision="ieee")
    places = (module * tl.num_programs(1) * length + row)[:, None] * rank + order[None, :]
    tl.store(low + places, summed.to(low.dtype.element_ty), inside[:, None] & (order < rank)[None, :])


@_compiled  # type: ignore[untyped-decorator]
def _inputs_gradient(  # type: ignore[no-untyped-def]
    gradient, token_keys, channel_keys, down0, down1, down2, low, length, width, rank, stride, bound,
    modules, drops: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    adapter = tl.program_id(2).to(tl.int64)
    place = tl.program_id(0) * tokens + tl.arange(0, tokens)
    column = tl.program_id(1) * channels + tl.arange(0, channels)
    inside, row = place < length, adapter * length + place
    order = tl.arange(0, ranks)
    both = inside[:, None] & (column < width)[None, :]
    where = gradient + row[:, None] * width + column[None, :]
    summed = tl.load(where, both, 0.0).to(tl.float32)
    token = tl.load(token_keys + row, inside, 0) if drops else place
    for module in range(modules):
        down = down0
        if module == 1:
            down = down1
        if module == 2:
            down = down2
        places = (module * tl.num_programs(2) * length + row)[:, None] * rank + order[None, :]
        own = tl.load(low + places, inside[:, None] & (order < rank)[None, :], 0.0)
        weights = tl.load(
            down + adapter * stride + order[:, None] * width + column[None, :],
            (order < rank)[:, None] & (column < width)[None, :], 0.0,
        )  # fmt: skip
        part = tl.dot(own, weights, input_precision="ieee")
        if drops:
            channel = tl.load(channel_keys + module * width + column, column < width, 0)
            part = tl.where(is_kept(token[:, None] + channel[None, :], bound), part, 0.0)
        summed += part
    tl.store(where, summed.to(gradient.dtype.element_ty), both)


@_compiled  # type: ignore[untyped-decorator]
def _down_gradient(  # type: ignore[no-untyped-def]
    inputs, token_keys, channel_keys, down0, down1, down2, low, length, width, rank, stride, bound,
    modules, drops: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    module, adapter = tl.program_id(0), tl.program_id(2).to(tl.int64)
    down = down0
    if module == 1:
        down = down1
    if module == 2:
        down = down2
    column = tl.program_id(1) * channels + tl.arange(0, channels)
    order = tl.arange(0, ranks)
    channel = tl.load(channel_keys + module * width + column, column < width, 0) if drops else column
    summed = tl.zeros((ranks, channels), tl.float32)
    for start in range(0, length, tokens):
        place = start + tl.arange(0, tokens)
        inside, row = place < length, adapter * length + place
        values = tl.load(
            inputs + row[:, None] * width + column[None, :], inside[:, None] & (column < width)[None, :], 0.0
        )
        if drops:
            token = tl.load(token_keys + row, inside, 0)
            values = tl.where(is_kept(token[:, None] + channel[None, :], bound), values, 0.0)
        places = (module * tl.num_programs(2) * length + row)[None, :] * rank + order[:, None]
        own = tl.load(low + places, inside[None, :] & (order < rank)[:, None], 0.0)
        summed = tl.dot(own, values, summed, input_precision="ieee")
    places = adapter * stride + order[:, None] * width + column[None, :]
    tl.store(
        down + places, summed.to(down.dtype.element_ty), (order < rank)[:, None] & (column < width)[None, :]
    )


@dataclass(frozen=True, eq=False)
class DroppedChannels:
    """What of the inputs of some projections is dropped.

    Parameters
    ----------
    token_keys : (adapters * length, ...) int32; None where nothing is dropped
    channel_keys : (projections, width) int32
    bound : random numbers below it drop
    """

    token_keys: torch.Tensor | None
    channel_keys: torch.Tensor | None
    bound: int


def lowered(inputs: torch.Tensor, downs: Sequence[torch.Tensor], dropped: DroppedChannels) -> torch.Tensor:
    """Return dropped inputs times each projection's ``down``, (projections, tokens, rank).

    Parameters
    ----------
    inputs : (tokens, width), the adapters' one after another, equally many of each
    downs : for one to three projections (adapters, rank, width), alike in all strides
    """
    adapters, rank, _ = downs[0].shape
    length = len(inputs) // adapters
    low = inputs.new_empty((len(downs), len(inputs), rank))
    grid = (len(downs) * triton.cdiv(length, _TOKENS), adapters)
    _launch(_lowered, grid, inputs, downs, low, dropped, length)
    return low


def add_inputs_gradient(
    gradient: torch.Tensor, downs: Sequence[torch.Tensor], low: torch.Tensor, dropped: DroppedChannels
) -> None:
    """Add to (tokens, width) what flows back through ``downs`` from (projections, tokens, rank)."""
    adapters, _, width = downs[0].shape
    length = len(gradient) // adapters
    grid = (triton.cdiv(length, _TOKENS), triton.cdiv(width, _CHANNELS), adapters)
    _launch(_inputs_gradient, grid, gradient, downs, low, dropped, length)


def write_down_gradients(
    inputs: torch.Tensor, gradients: Sequence[torch.Tensor], low: torch.Tensor, dropped: DroppedChannels
) -> None:
    """Write the gradients of ``downs``, each (adapters, rank, width)."""
    adapters, _, width = gradients[0].shape
    length = len(inputs) // adapters
    grid = (len(gradients), triton.cdiv(width, _CHANNELS), adapters)
    _launch(_down_gradient, grid, inputs, gradients, low, dropped, length)


def _launch(
    kernel: Any, grid: tuple[int, ...], rows: torch.Tensor, downs: Sequence[torch.Tensor], low: torch.Tensor,
    dropped: DroppedChannels, length: int,
) -> None:  # fmt: skip
    drops = dropped.token_keys is not None
    keys = (dropped.token_keys, dropped.channel_keys) if drops else (rows, rows)
    three = [downs[min(place, len(downs) - 1)] for place in range(3)]
    _, rank, width = downs[0].shape
    kernel[grid](
        rows, *keys, *three, low, length, width, rank, downs[0].stride(0), dropped.bound,
        modules=len(downs), drops=drops, tokens=_TOKENS, channels=_CHANNELS,
        ranks=max(_LEAST, triton.next_power_of_2(rank)),
    )  # fmt: skip
