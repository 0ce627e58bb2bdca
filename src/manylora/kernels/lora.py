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
from manylora.packing.segments import TILE, Segments

#: Columns of a tile; fewer where sums over tokens would leave processors idle.
_CHANNELS, _FEW_CHANNELS = 64, 32
#: Tokens of a tile in sums over tokens, and sums at a time that keep a large GPU busy.
_SUMMED_TOKENS, _BUSY = 128, 400

# One kernel for any number of projections, as each takes half a second to compile.
_compiled = triton.jit(do_not_specialize=["modules", "count"])


@triton.jit
def _select(module, zeroth, first, second):  # type: ignore[no-untyped-def]
    chosen = zeroth
    if module == 1:
        chosen = first
    if module == 2:
        chosen = second
    return chosen


@triton.jit
def _apply_dropout(values, token_keys, channel_keys, bound):  # type: ignore[no-untyped-def]
    return tl.where(is_kept(token_keys[:, None] + channel_keys[None, :], bound), values, 0.0)


@_compiled  # type: ignore[untyped-decorator]
def _shrink(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, segments,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    has_dropout: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    module, tile = tl.program_id(0) % modules, tl.program_id(0) // modules
    owner, start, end = tile_at(segments, tile)
    factor = _select(module, factor0, factor1, factor2) + owner.to(tl.int64) * adapter_stride
    width = tl.where(start < end, _select(module, width0, width1, width2), 0)
    first = _select(module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    token, r = start + tl.arange(0, tokens), tl.arange(0, ranks)
    inside, row = token < end, token.to(tl.int64)
    token_key = tl.load(token_keys + token, inside, 0) if has_dropout else token
    summed = tl.zeros((tokens, ranks), tl.float32)
    for begin in range(0, width, channels):
        column = begin + tl.arange(0, channels)
        mask, w_mask = inside[:, None], (r < rank)[None, :]
        if not is_even:
            mask, w_mask = mask & (column < width)[None, :], w_mask & (column < width)[:, None]
        values = tl.load(rows + row[:, None] * stride + (first + column)[None, :], mask, 0.0)
        if has_dropout:
            channel_key = tl.load(channel_keys + module * width + column, column < width, 0)
            values = _apply_dropout(values, token_key, channel_key, bound)
        weights = tl.load(factor + r[None, :] * rank_stride + column[:, None] * column_stride, w_mask, 0.0)
        summed = tl.dot(values, weights, summed, input_precision="ieee")
    offsets = (module.to(tl.int64) * count + row)[:, None] * rank + r[None, :]
    summed *= scale
    tl.store(low + offsets, summed.to(low.dtype.element_ty), inside[:, None] & (r < rank)[None, :])


@_compiled  # type: ignore[untyped-decorator]
def _expand(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, segments,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    has_dropout: tl.constexpr, is_shared: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    block, tile = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(segments, tile)
    from_module, to_module = 0, modules
    if not is_shared:
        blocks0, blocks1 = tl.cdiv(width0, channels), tl.cdiv(width1, channels)
        from_module = (block >= blocks0).to(tl.int32) + (block >= blocks0 + blocks1).to(tl.int32)
        to_module = from_module + 1
        block -= tl.where(from_module > 0, blocks0, 0) + tl.where(from_module > 1, blocks1, 0)
    width, first = _select(from_module, width0, width1, width2), _select(from_module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    token, r = start + tl.arange(0, tokens), tl.arange(0, ranks)
    column = block * channels + tl.arange(0, channels)
    inside, row = token < end, token.to(tl.int64)
    mask, w_mask = inside[:, None], (r < rank)[:, None]
    if not is_even:
        mask, w_mask = mask & (column < width)[None, :], w_mask & (column < width)[None, :]
    pointers = rows + row[:, None] * stride + (first + column)[None, :]
    summed = tl.load(pointers, mask, 0.0).to(tl.float32)
    token_key = tl.load(token_keys + token, inside, 0) if has_dropout else token
    for module in range(from_module, to_module):
        factor = _select(module, factor0, factor1, factor2) + owner.to(tl.int64) * adapter_stride
        offsets = (tl.cast(module, tl.int64) * count + row)[:, None] * rank + r[None, :]
        low_rank = tl.load(low + offsets, inside[:, None] & (r < rank)[None, :], 0.0)
        weights = tl.load(factor + r[:, None] * rank_stride + column[None, :] * column_stride, w_mask, 0.0)
        part = tl.dot(low_rank, weights, input_precision="ieee") * scale
        if has_dropout:
            channel_key = tl.load(channel_keys + module * width + column, column < width, 0)
            part = _apply_dropout(part, token_key, channel_key, bound)
        summed += part
    tl.store(pointers, summed.to(rows.dtype.element_ty), mask)


@_compiled  # type: ignore[untyped-decorator]
def _weight_grad(  # type: ignore[no-untyped-def]
    rows, token_keys, channel_keys, factor0, factor1, factor2, low, segments,
    first0, first1, first2, width0, width1, width2, count, stride, rank,
    adapter_stride, rank_stride, column_stride, bound, scale, modules,
    has_dropout: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    block, adapter = tl.program_id(0), tl.program_id(1).to(tl.int64)
    blocks0, blocks1 = tl.cdiv(width0, channels), tl.cdiv(width1, channels)
    module = (block >= blocks0).to(tl.int32) + (block >= blocks0 + blocks1).to(tl.int32)
    block -= tl.where(module > 0, blocks0, 0) + tl.where(module > 1, blocks1, 0)
    factor = _select(module, factor0, factor1, factor2) + adapter * adapter_stride
    width, first = _select(module, width0, width1, width2), _select(module, first0, first1, first2)
    if is_even:
        first = tl.multiple_of(first, channels)
    column, r = block * channels + tl.arange(0, channels), tl.arange(0, ranks)
    channel_key = (
        tl.load(channel_keys + module * width + column, column < width, 0) if has_dropout else column
    )
    start, end = tl.load(segments + adapter), tl.load(segments + adapter + 1)
    summed = tl.zeros((ranks, channels), tl.float32)
    for begin in range(start, end, tokens):
        token = begin + tl.arange(0, tokens)
        inside, row = token < end, token.to(tl.int64)
        mask = inside[:, None]
        if not is_even:
            mask = mask & (column < width)[None, :]
        values = tl.load(rows + row[:, None] * stride + (first + column)[None, :], mask, 0.0)
        if has_dropout:
            values = _apply_dropout(values, tl.load(token_keys + token, inside, 0), channel_key, bound)
        offsets = (module.to(tl.int64) * count + row)[None, :] * rank + r[:, None]
        low_rank = tl.load(low + offsets, inside[None, :] & (r < rank)[:, None], 0.0)
        summed = tl.dot(low_rank, values, summed, input_precision="ieee")
    summed *= scale
    w_mask = (r < rank)[:, None]
    if not is_even:
        w_mask = w_mask & (column < width)[None, :]
    offsets = r[:, None] * rank_stride + column[None, :] * column_stride
    tl.store(factor + offsets, summed.to(factor0.dtype.element_ty), w_mask)


@dataclass(frozen=True, eq=False)
class DroppedChannels:
    """Dropout of the inputs of some projections.

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
        """If projections have the same columns."""
        return len(set(self.firsts)) == 1

    def blocks(self, channels: int) -> list[int]:
        """Return the number of each projection's blocks of so many columns."""
        return [triton.cdiv(half.shape[2], channels) for half in self.halves]


def lora_shrink(rows: torch.Tensor, factors: Factors, segments: Segments) -> torch.Tensor:
    """Return rows, (tokens, columns), times factors over their columns, (projections, tokens, rank)."""
    low = rows.new_empty((len(factors.halves), len(rows), factors.halves[0].shape[1]))
    _launch(
        _shrink, (len(factors.halves) * len(segments.tiles),), rows, factors, low, segments.tiles, _CHANNELS
    )
    return low


def lora_expand(rows: torch.Tensor, factors: Factors, low: torch.Tensor, segments: Segments) -> None:
    """Add to rows, (tokens, columns), what factors make of (projections, tokens, rank)."""
    blocks = factors.blocks(_CHANNELS)
    grid = (blocks[0] if factors.is_shared else sum(blocks), len(segments.tiles))
    _launch(_expand, grid, rows, factors, low, segments.tiles, _CHANNELS, is_shared=factors.is_shared)


def lora_weight_grad(rows: torch.Tensor, gradients: Factors, low: torch.Tensor, segments: Segments) -> None:
    """Write to each half the sum over its adapter's tokens of (projections, tokens, rank) times rows."""
    adapters, channels = len(segments.cu_seqlens) - 1, _CHANNELS
    if sum(gradients.blocks(channels)) * adapters < _BUSY:
        channels = _FEW_CHANNELS
    grid = (sum(gradients.blocks(channels)), adapters)
    _launch(_weight_grad, grid, rows, gradients, low, segments.cu_seqlens, channels, _SUMMED_TOKENS)


def _launch(
    kernel: Any, grid: tuple[int, ...], rows: torch.Tensor, factors: Factors, low: torch.Tensor,
    segments: torch.Tensor, channels: int, tokens: int = TILE, **constants: bool,
) -> None:  # fmt: skip
    halves, firsts, dropped = factors.halves, factors.firsts, factors.dropped
    has_dropout = dropped.token_keys is not None
    keys = (dropped.token_keys, dropped.channel_keys) if has_dropout else (segments, segments)
    indices = [min(index, len(halves) - 1) for index in range(3)]
    rank = halves[0].shape[1]
    is_even = not any(size % channels for size in (*firsts, *(half.shape[2] for half in halves)))
    kernel[grid](
        rows, *keys, *(halves[k] for k in indices), low, segments, *(firsts[k] for k in indices),
        *(halves[k].shape[2] for k in indices), len(rows), rows.stride(0), rank, *halves[0].stride(),
        dropped.bound, factors.scale, modules=len(halves), has_dropout=has_dropout,
        is_even=is_even, tokens=tokens, channels=channels, ranks=tile_width(rank), **constants,
    )  # fmt: skip
