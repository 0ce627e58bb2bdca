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

from manylora.kernels.tiles import LOG2_E, online_softmax, tile_at, tile_width
from manylora.packing.segments import TILE, Segments

_WARPS = 4


@triton.jit  # type: ignore[untyped-decorator]
def _read(rows, token, inside, head, heads, channels: tl.constexpr, width: tl.constexpr):  # type: ignore[no-untyped-def]
    channel = tl.arange(0, channels)
    offsets = (token.to(tl.int64) * heads + head)[:, None] * width + channel[None, :]
    return tl.load(rows + offsets, inside[:, None] & (channel < width)[None, :], 0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _write(rows, values, token, inside, head, heads, channels: tl.constexpr, width: tl.constexpr):  # type: ignore[no-untyped-def]
    channel = tl.arange(0, channels)
    offsets = (token.to(tl.int64) * heads + head)[:, None] * width + channel[None, :]
    mask = inside[:, None] & (channel < width)[None, :]
    tl.store(rows + offsets, values.to(rows.dtype.element_ty), mask)


@triton.jit  # type: ignore[untyped-decorator]
def _scores(  # type: ignore[no-untyped-def]
    query, keys, values, first, end, head, heads, group, scale,
    tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    key_token = first + tl.arange(0, tile)
    key = _read(keys, key_token, key_token < end, head // group, heads // group, channels, width)
    value = _read(values, key_token, key_token < end, head // group, heads // group, channels, width)
    return key_token, key, value, tl.dot(query, tl.trans(key), input_precision="ieee") * scale


@triton.jit  # type: ignore[untyped-decorator]
def _attend(  # type: ignore[no-untyped-def]
    queries, keys, values, output, logs, cu_seqlens, tiles, heads, group, scale,
    tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    head, tile_index = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, tile_index)
    token = start + tl.arange(0, tile)
    inside = token < end
    query = _read(queries, token, inside, head, heads, channels, width)
    highest = tl.full((tile,), -float("inf"), tl.float32)
    total = tl.zeros((tile,), tl.float32)
    summed = tl.zeros((tile, channels), tl.float32)
    # The end of queries is that of keys, too, as none looks ahead.
    for first in range(tl.load(cu_seqlens + owner), end, tile):
        key_token, _, value, scores = _scores(
            query, keys, values, first, end, head, heads, group, scale, tile, channels, width
        )
        scores = tl.where(key_token[None, :] <= token[:, None], scores, -float("inf"))
        highest, total, summed = online_softmax(scores, value, highest, total, summed)
    _write(output, summed / total[:, None], token, inside, head, heads, channels, width)
    tl.store(logs + token.to(tl.int64) * heads + head, highest + tl.log2(total), inside)


@triton.jit  # type: ignore[untyped-decorator]
def _queries_backward(  # type: ignore[no-untyped-def]
    queries, keys, values, output, logs, grad_outputs, grad_queries, cu_seqlens, tiles, heads, group, scale,
    slope, tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    head, tile_index = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, tile_index)
    token = start + tl.arange(0, tile)
    inside = token < end
    query = _read(queries, token, inside, head, heads, channels, width)
    grad_output = _read(grad_outputs, token, inside, head, heads, channels, width)
    output_tile = _read(output, token, inside, head, heads, channels, width)
    mean = tl.sum(grad_output.to(tl.float32) * output_tile.to(tl.float32), 1)
    log = tl.load(logs + token.to(tl.int64) * heads + head, inside, 0.0)
    summed = tl.zeros((tile, channels), tl.float32)
    for first in range(tl.load(cu_seqlens + owner), end, tile):
        key_token, key, value, scores = _scores(
            query, keys, values, first, end, head, heads, group, scale, tile, channels, width
        )
        weights = tl.where(key_token[None, :] <= token[:, None], tl.exp2(scores - log[:, None]), 0.0)
        grad_weights = tl.dot(grad_output, tl.trans(value), input_precision="ieee")
        grad_scores = weights * (grad_weights - mean[:, None])
        summed = tl.dot(grad_scores.to(key.dtype), key, summed, input_precision="ieee")
    _write(grad_queries, summed * slope, token, inside, head, heads, channels, width)


@triton.jit  # type: ignore[untyped-decorator]
def _keys_backward(  # type: ignore[no-untyped-def]
    queries, keys, values, output, logs, grad_outputs, grad_keys, grad_values, cu_seqlens, tiles, heads,
    group, scale, slope, tile: tl.constexpr, channels: tl.constexpr, width: tl.constexpr,
):  # fmt: skip
    key_head, tile_index = tl.program_id(0), tl.program_id(1)
    owner, start, end = tile_at(tiles, tile_index)
    # No query attends to an empty tile's keys.
    last = tl.where(start < end, tl.load(cu_seqlens + owner + 1), start)
    key_token = start + tl.arange(0, tile)
    inside = key_token < end
    key = _read(keys, key_token, inside, key_head, heads // group, channels, width)
    value = _read(values, key_token, inside, key_head, heads // group, channels, width)
    grad_key = tl.zeros((tile, channels), tl.float32)
    grad_value = tl.zeros((tile, channels), tl.float32)
    for member in range(group):
        head = key_head * group + member
        for first in range(start, last, tile):
            token = first + tl.arange(0, tile)
            query = _read(queries, token, token < last, head, heads, channels, width)
            grad_output = _read(grad_outputs, token, token < last, head, heads, channels, width)
            output_tile = _read(output, token, token < last, head, heads, channels, width)
            mean = tl.sum(grad_output.to(tl.float32) * output_tile.to(tl.float32), 1)
            log = tl.load(logs + token.to(tl.int64) * heads + head, token < last, float("inf"))
            scores = tl.dot(key, tl.trans(query), input_precision="ieee") * scale
            weights = tl.where(key_token[:, None] <= token[None, :], tl.exp2(scores - log[None, :]), 0.0)
            grad_value = tl.dot(
                weights.to(grad_output.dtype), grad_output, grad_value, input_precision="ieee"
            )
            grad_weights = tl.dot(value, tl.trans(grad_output), input_precision="ieee")
            grad_scores = weights * (grad_weights - mean[None, :])
            grad_key = tl.dot(grad_scores.to(query.dtype), query, grad_key, input_precision="ieee")
    _write(grad_keys, grad_key * slope, key_token, inside, key_head, heads // group, channels, width)
    _write(grad_values, grad_value, key_token, inside, key_head, heads // group, channels, width)


class _VarlenAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, segments: Segments
    ) -> torch.Tensor:
        tokens, heads, width = queries.shape
        output = torch.empty_like(queries)
        logs = queries.new_empty((tokens, heads), dtype=torch.float32)
        _attend[(heads, len(segments.tiles))](
            queries, keys, values, output, logs, segments.cu_seqlens, segments.tiles, heads,
            heads // keys.shape[1], width**-0.5 * LOG2_E, **_sizes(queries), num_stages=2,
        )  # fmt: skip
        ctx.save_for_backward(queries, keys, values, output, logs, segments.cu_seqlens, segments.tiles)
        return output

    @staticmethod
    def backward(ctx: Any, grad_outputs: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        queries, keys, values, output, logs, cu_seqlens, tiles = ctx.saved_tensors
        heads, key_heads, slope = queries.shape[1], keys.shape[1], queries.shape[2] ** -0.5
        grad_queries, grad_keys, grad_values = (
            torch.empty_like(tensor) for tensor in (queries, keys, values)
        )
        given = (queries, keys, values, output, logs, grad_outputs.contiguous())
        rest = (cu_seqlens, tiles, heads, heads // key_heads, slope * LOG2_E, slope)
        # Most sequences have so few tiles that to read ahead takes more than it gives.
        sizes = {**_sizes(queries), "num_stages": 1}
        _queries_backward[(heads, len(tiles))](*given, grad_queries, *rest, **sizes)
        _keys_backward[(key_heads, len(tiles))](*given, grad_keys, grad_values, *rest, **sizes)
        return grad_queries, grad_keys, grad_values, None


def _sizes(queries: torch.Tensor) -> dict[str, int]:
    width = queries.shape[2]
    return {"tile": TILE, "channels": tile_width(width), "width": width, "num_warps": _WARPS}


def varlen_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, segments: Segments
) -> torch.Tensor:
    """Attend within each sequence to the token itself and to those before it, (tokens, heads, width).

    Parameters
    ----------
    queries : (tokens, heads, width), contiguous like the others
    keys, values : (tokens, heads, width), of as many heads or of fewer that several queries share
    segments : which sequence's each token is
    """
    return _VarlenAttention.apply(queries, keys, values, segments)  # type: ignore[no-untyped-call, no-any-return]
