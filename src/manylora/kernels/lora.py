"""Low-rank products of many adapters on a GPU, each on its own tokens, however many those are.

Rows are tokens, an adapter's after another's. Factors are (adapters, rank, width), so that what peft calls
``lora_A`` is one as it is and ``lora_B`` transposed. Up to three projections are computed together: they read
or write different columns, or the same, in which case an input is read once from memory and never copied.

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

from manylora.kernels.adapter_dropout import is_kept
from manylora.kernels.tiles import tile_at, tile_width
from manylora.packing.segments import TILE, Spans

#: Columns that are looked at together; fewer where sums over tokens would leave processors idle.
_CHANNELS, _FEW_CHANNELS = 64, 32
#: Tokens that sums over tokens look at together, and sums at a time that keep a large GPU busy.
_SUMMED_TOKENS, _BUSY = 128, 400

# One kernel for any number of projections, as each takes half a second to compile.
_compiled = triton.jit(do_not_specialize=["modules", "count"])


@triton.jit
def _of(module, zeroth, first, second):  # type: ignore[no-untyped-def]
    found = zeroth
    if module == 1:
        found = first
    if module == 2:
        found = second
    return found


@triton.jit
def _kept(values, token_keys, channel_keys, bound):  # type: ignore[no-untyped-def]
    return tl.where(is_kept(token_keys[:, None] + channel_keys[None, :], bound), values, 0.0)


@_compiled  # type: ignore[untyped-decorator]
def _lowered(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, spans,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    drops: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    module, tile = tl.program_id(0) % modules, tl.program_id(0) // modules
    owner, start, end = tile_at(spans, tile)
    factor = _of(module, factor0, factor1, factor2) + owner.to(tl.int64) * adapter_stride
    width = tl.where(start < end, _of(module, width0, width1, width2), 0)
    first = _of(module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    place, order = start + tl.arange(0, tokens), tl.arange(0, ranks)
    inside, row = place < end, place.to(tl.int64)
    token = tl.load(token_keys + place, inside, 0) if drops else place
    summed = tl.zeros((tokens, ranks), tl.float32)
    for begin in range(0, width, channels):
        column = begin + tl.arange(0, channels)
        there, held = inside[:, None], (order < rank)[None, :]
        if not is_even:
            there, held = there & (column < width)[None, :], held & (column < width)[:, None]
        values = tl.load(rows + row[:, None] * stride + (first + column)[None, :], there, 0.0)
        if drops:
            channel = tl.load(channel_keys + module * width + column, column < width, 0)
            values = _kept(values, token, channel, bound)
        weights = tl.load(factor + order[None, :] * rank_stride + column[:, None] * column_stride, held, 0.0)
        summed = tl.dot(values, weights, summed, input_precision="ieee")
    places = (module.to(tl.int64) * count + row)[:, None] * rank + order[None, :]
    summed *= scale
    tl.store(low + places, summed.to(low.dtype.element_ty), inside[:, None] & (order < rank)[None, :])


@_compiled  # type: ignore[untyped-decorator]
def _widened(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, spans,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    drops: tl.constexpr, is_shared: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    block, tile = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(spans, tile)
    from_module, to_module = 0, modules
    if not is_shared:
        blocks0, blocks1 = tl.cdiv(width0, channels), tl.cdiv(width1, channels)
        from_module = (block >= blocks0).to(tl.int32) + (block >= blocks0 + blocks1).to(tl.int32)
        to_module = from_module + 1
        block -= tl.where(from_module > 0, blocks0, 0) + tl.where(from_module > 1, blocks1, 0)
    width, first = _of(from_module, width0, width1, width2), _of(from_module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    place, order = start + tl.arange(0, tokens), tl.arange(0, ranks)
    column = block * channels + tl.arange(0, channels)
    inside, row = place < end, place.to(tl.int64)
    there, held = inside[:, None], (order < rank)[:, None]
    if not is_even:
        there, held = there & (column < width)[None, :], held & (column < width)[None, :]
    where = rows + row[:, None] * stride + (first + column)[None, :]
    summed = tl.load(where, there, 0.0).to(tl.float32)
    token = tl.load(token_keys + place, inside, 0) if drops else place
    for module in range(from_module, to_module):
        factor = _of(module, factor0, factor1, factor2) + owner.to(tl.int64) * adapter_stride
        places = (tl.cast(module, tl.int64) * count + row)[:, None] * rank + order[None, :]
        own = tl.load(low + places, inside[:, None] & (order < rank)[None, :], 0.0)
        weights = tl.load(factor + order[:, None] * rank_stride + column[None, :] * column_stride, held, 0.0)
        part = tl.dot(own, weights, input_precision="ieee") * scale
        if drops:
            channel = tl.load(channel_keys + module * width + column, column < width, 0)
            part = _kept(part, token, channel, bound)
        summed += part
    tl.store(where, summed.to(rows.dtype.element_ty), there)


@_compiled  # type: ignore[untyped-decorator]
def _factor_gradient(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, spans,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    drops: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    block, adapter = tl.program_id(0), tl.program_id(1).to(tl.int64)
    blocks0, blocks1 = tl.cdiv(width0, channels), tl.cdiv(width1, channels)
    module = (block >= blocks0).to(tl.int32) + (block >= blocks0 + blocks1).to(tl.int32)
    block -= tl.where(module > 0, blocks0, 0) + tl.where(module > 1, blocks1, 0)
    factor = _of(module, factor0, factor1, factor2) + adapter * adapter_stride
    width, first = _of(module, width0, width1, width2), _of(module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    column, order = block * channels + tl.arange(0, channels), tl.arange(0, ranks)
    channel = tl.load(channel_keys + module * width + column, column < width, 0) if drops else column
    start, end = tl.load(spans + adapter), tl.load(spans + adapter + 1)
    summed = tl.zeros((ranks, channels), tl.float32)
    for begin in range(start, end, tokens):
        place = begin + tl.arange(0, tokens)
        inside, row = place < end, place.to(tl.int64)
        there = inside[:, None]
        if not is_even:
            there = there & (column < width)[None, :]
        values = tl.load(rows + row[:, None] * stride + (first + column)[None, :], there, 0.0)
        if drops:
            values = _kept(values, tl.load(token_keys + place, inside, 0), channel, bound)
        places = (module.to(tl.int64) * count + row)[None, :] * rank + order[:, None]
        own = tl.load(low + places, inside[None, :] & (order < rank)[:, None], 0.0)
        summed = tl.dot(own, values, summed, input_precision="ieee")
    summed *= scale
    held = (order < rank)[:, None]
    if not is_even:
        held = held & (column < width)[None, :]
    places = order[:, None] * rank_stride + column[None, :] * column_stride
    tl.store(factor + places, summed.to(factor0.dtype.element_ty), held)


@dataclass(frozen=True, eq=False)
class DroppedChannels:
    """What of the inputs of some projections is dropped.

    Parameters
    ----------
    token_keys : (tokens, ...) int32; None where nothing is dropped
    channel_keys : (projections, width) int32
    bound : random numbers below it drop
    """

    token_keys: torch.Tensor | None
    channel_keys: torch.Tensor | None
    bound: int


NOTHING_DROPPED = DroppedChannels(None, None, 0)


@dataclass(frozen=True, eq=False)
class Factors:
    """One half of the low-rank updates of one to three projections.

    Parameters
    ----------
    halves : for each projection (adapters, rank, width), alike in their strides
    firsts : for each the first of its columns among the rows'; all the same, or none overlaps another
    scale : of products with them
    dropped : of the columns
    """

    halves: Sequence[torch.Tensor]
    firsts: Sequence[int]
    scale: float = 1.0
    dropped: DroppedChannels = NOTHING_DROPPED

    @property
    def is_shared(self) -> bool:
        """Whether projections have the same columns."""
        return len(set(self.firsts)) == 1

    def blocks(self, channels: int) -> list[int]:
        """Return how many blocks of so many columns each projection has."""
        return [triton.cdiv(one.shape[2], channels) for one in self.halves]


def lowered(rows: torch.Tensor, factors: Factors, spans: Spans) -> torch.Tensor:
    """Return rows times factors over their columns, (projections, tokens, rank).

    Parameters
    ----------
    rows : (tokens, columns)
    """
    low = rows.new_empty((len(factors.halves), len(rows), factors.halves[0].shape[1]))
    _launch(_lowered, (len(factors.halves) * len(spans.tiles),), rows, factors, low, spans.tiles, _CHANNELS)
    return low


def add_widened(rows: torch.Tensor, factors: Factors, low: torch.Tensor, spans: Spans) -> None:
    """Add to rows, (tokens, columns), what factors make of (projections, tokens, rank)."""
    blocks = factors.blocks(_CHANNELS)
    grid = (blocks[0] if factors.is_shared else sum(blocks), len(spans.tiles))
    _launch(_widened, grid, rows, factors, low, spans.tiles, _CHANNELS, is_shared=factors.is_shared)


def write_gradients(rows: torch.Tensor, gradients: Factors, low: torch.Tensor, spans: Spans) -> None:
    """Write to each half the sum over its adapter's tokens of (projections, tokens, rank) times rows."""
    adapters, channels = len(spans.bounds) - 1, _CHANNELS
    if sum(gradients.blocks(channels)) * adapters < _BUSY:
        channels = _FEW_CHANNELS
    grid = (sum(gradients.blocks(channels)), adapters)
    _launch(_factor_gradient, grid, rows, gradients, low, spans.bounds, channels, _SUMMED_TOKENS)


def _launch(
    kernel: Any, grid: tuple[int, ...], rows: torch.Tensor, factors: Factors, low: torch.Tensor,
    spans: torch.Tensor, channels: int, tokens: int = TILE, **constants: bool,
) -> None:  # fmt: skip
    halves, firsts, dropped = factors.halves, factors.firsts, factors.dropped
    drops = dropped.token_keys is not None
    keys = (dropped.token_keys, dropped.channel_keys) if drops else (spans, spans)
    three = [min(place, len(halves) - 1) for place in range(3)]
    rank = halves[0].shape[1]
    is_even = not any(one % channels for one in (*firsts, *(half.shape[2] for half in halves)))
    kernel[grid](
        rows, *keys, *(halves[k] for k in three), low, spans, *(firsts[k] for k in three),
        *(halves[k].shape[2] for k in three), len(rows), rows.stride(0), rank, *halves[0].stride(),
        dropped.bound, factors.scale, modules=len(halves), drops=drops,
        is_even=is_even, tokens=tokens, channels=channels, ranks=tile_width(rank), **constants,
    )  # fmt: skip
