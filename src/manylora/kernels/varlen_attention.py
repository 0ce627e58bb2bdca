"""Causal attention within many short sequences on a GPU, and its gradients.

As in FlashAttention (Dao 2023, arXiv:2307.08691) no weights are kept but the logarithm of their sum. A
gradient is added up by whom it belongs to, in a fixed order, so that the same inputs give the same bits; for
sequences of a few tiles that takes less than to let all add to it and to put them in order afterwards.

Logarithms are to the base of two.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from manylora.kernels.tiles import LOG2_E, folded, tile_at, tile_width
from manylora.packing.segments import TILE, Spans

_WARPS = 4


@triton.jit  # type: ignore[untyped-decorator]
def _read(rows, place, inside, head, heads, channels: tl.constexpr, width: tl.constexpr):  # type: ignore[no-untyped-def]
    channel = tl.arange(0, channels)
    places = (place.to(tl.int64) * heads + head)[:, None] * width + channel[None, :]
    return tl.load(rows + places, inside[:, None] & (channel < width)[None, :], 0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _write(rows, values, place, inside, head, heads, channels: tl.constexpr, width: tl.constexpr):  # type: ignore[no-untyped-def]
    channel = tl.arange(0, channels)
    places = (place.to(tl.int64) * heads + head)[:, None] * width + channel[None, :]
    there = inside[:, None] & (channel < width)[None, :]
    tl.store(rows + places, values.to(rows.dtype.element_ty), there)


@triton.jit  # type: ignore[untyped-decorator]
def _scored(  # type: ignore[no-untyped-def]
    query, keys, values, first, end, head, heads, group, scale,
    tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    other = first + tl.arange(0, tile)
    key = _read(keys, other, other < end, head // group, heads // group, channels, width)
    value = _read(values, other, other < end, head // group, heads // group, channels, width)
    return other, key, value, tl.dot(query, tl.trans(key), input_precision="ieee") * scale


@triton.jit  # type: ignore[untyped-decorator]
def _attend(  # type: ignore[no-untyped-def]
    queries, keys, values, attended, logs, bounds, tiles, heads, group, scale,
    tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    head, which = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, which)
    place = start + tl.arange(0, tile)
    inside = place < end
    query = _read(queries, place, inside, head, heads, channels, width)
    highest = tl.full((tile,), -float("inf"), tl.float32)
    total = tl.zeros((tile,), tl.float32)
    summed = tl.zeros((tile, channels), tl.float32)
    # The end of queries is that of keys, too, as none looks ahead.
    for first in range(tl.load(bounds + owner), end, tile):
        other, _, value, scores = _scored(
            query, keys, values, first, end, head, heads, group, scale, tile, channels, width
        )
        scores = tl.where(other[None, :] <= place[:, None], scores, -float("inf"))
        highest, total, summed = folded(scores, value, highest, total, summed)
    _write(attended, summed / total[:, None], place, inside, head, heads, channels, width)
    tl.store(logs + place.to(tl.int64) * heads + head, highest + tl.log2(total), inside)


@triton.jit  # type: ignore[untyped-decorator]
def _queries_gradient(  # type: ignore[no-untyped-def]
    queries, keys, values, attended, logs, gradient, of_queries, bounds, tiles, heads, group, scale, slope,
    tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    head, which = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, which)
    place = start + tl.arange(0, tile)
    inside = place < end
    query = _read(queries, place, inside, head, heads, channels, width)
    towards = _read(gradient, place, inside, head, heads, channels, width)
    found = _read(attended, place, inside, head, heads, channels, width)
    mean = tl.sum(towards.to(tl.float32) * found.to(tl.float32), 1)
    log = tl.load(logs + place.to(tl.int64) * heads + head, inside, 0.0)
    summed = tl.zeros((tile, channels), tl.float32)
    for first in range(tl.load(bounds + owner), end, tile):
        other, key, value, scores = _scored(
            query, keys, values, first, end, head, heads, group, scale, tile, channels, width
        )
        weights = tl.where(other[None, :] <= place[:, None], tl.exp2(scores - log[:, None]), 0.0)
        of_weights = tl.dot(towards, tl.trans(value), input_precision="ieee")
        of_scores = weights * (of_weights - mean[:, None])
        summed = tl.dot(of_scores.to(key.dtype), key, summed, input_precision="ieee")
    _write(of_queries, summed * slope, place, inside, head, heads, channels, width)


@triton.jit  # type: ignore[untyped-decorator]
def _keys_gradient(  # type: ignore[no-untyped-def]
    queries, keys, values, attended, logs, gradient, of_keys, of_values, bounds, tiles, heads, group, scale,
    slope, tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    key_head, which = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, which)
    # None of an empty tile's keys is looked at by anybody.
    last = tl.where(start < end, tl.load(bounds + owner + 1), start)
    other = start + tl.arange(0, tile)
    inside = other < end
    key = _read(keys, other, inside, key_head, heads // group, channels, width)
    value = _read(values, other, inside, key_head, heads // group, channels, width)
    of_key = tl.zeros((tile, channels), tl.float32)
    of_value = tl.zeros((tile, channels), tl.float32)
    for member in range(group):
        head = key_head * group + member
        for first in range(start, last, tile):
            place = first + tl.arange(0, tile)
            query = _read(queries, place, place < last, head, heads, channels, width)
            towards = _read(gradient, place, place < last, head, heads, channels, width)
            found = _read(attended, place, place < last, head, heads, channels, width)
            mean = tl.sum(towards.to(tl.float32) * found.to(tl.float32), 1)
            log = tl.load(logs + place.to(tl.int64) * heads + head, place < last, float("inf"))
            scores = tl.dot(key, tl.trans(query), input_precision="ieee") * scale
            weights = tl.where(other[:, None] <= place[None, :], tl.exp2(scores - log[None, :]), 0.0)
            of_value = tl.dot(weights.to(towards.dtype), towards, of_value, input_precision="ieee")
            of_weights = tl.dot(value, tl.trans(towards), input_precision="ieee")
            of_scores = weights * (of_weights - mean[None, :])
            of_key = tl.dot(of_scores.to(query.dtype), query, of_key, input_precision="ieee")
    _write(of_keys, of_key * slope, other, inside, key_head, heads // group, channels, width)
    _write(of_values, of_value, other, inside, key_head, heads // group, channels, width)


class _Attended(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, spans: Spans
    ) -> torch.Tensor:
        tokens, heads, width = queries.shape
        attended = torch.empty_like(queries)
        logs = queries.new_empty((tokens, heads), dtype=torch.float32)
        _attend[(heads, len(spans.tiles))](
            queries, keys, values, attended, logs, spans.bounds, spans.tiles, heads, heads // keys.shape[1],
            width**-0.5 * LOG2_E, **_sizes(queries), num_stages=2,
        )  # fmt: skip
        ctx.save_for_backward(queries, keys, values, attended, logs, spans.bounds, spans.tiles)
        return attended

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        queries, keys, values, attended, logs, bounds, tiles = ctx.saved_tensors
        heads, key_heads, slope = queries.shape[1], keys.shape[1], queries.shape[2] ** -0.5
        of_queries, of_keys, of_values = (torch.empty_like(one) for one in (queries, keys, values))
        given = (queries, keys, values, attended, logs, gradient.contiguous())
        rest = (bounds, tiles, heads, heads // key_heads, slope * LOG2_E, slope)
        # Most sequences have so few tiles that to read ahead takes more than it gives.
        sizes = {**_sizes(queries), "num_stages": 1}
        _queries_gradient[(heads, len(tiles))](*given, of_queries, *rest, **sizes)
        _keys_gradient[(key_heads, len(tiles))](*given, of_keys, of_values, *rest, **sizes)
        return of_queries, of_keys, of_values, None


def _sizes(queries: torch.Tensor) -> dict[str, int]:
    width = queries.shape[2]
    return {"tile": TILE, "channels": tile_width(width), "width": width, "num_warps": _WARPS}


def attended(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, spans: Spans) -> torch.Tensor:
    """Attend within each sequence to the token itself and to those before it.

    Parameters
    ----------
    queries : (tokens, heads, width), contiguous like the others
    keys, values : (tokens, heads, width), of as many heads or of fewer that several queries share
    spans : which sequence's each token is

    Returns
    -------
    (tokens, heads, width)
    """
    found: torch.Tensor = _Attended.apply(queries, keys, values, spans)  # type: ignore[no-untyped-call]
    return found
