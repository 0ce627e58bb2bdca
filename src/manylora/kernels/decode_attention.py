"""Attention of one new token a row, on a GPU, to its prompt, which rows share, and to its own tokens.

All heads of queries that share keys are computed together, so that keys and values are read once. Sums are
taken in an order that depends on nothing but the row itself.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from manylora.kernels.tiles import LEAST, LOG2_E, online_softmax, tile_width

#: Bytes of a tile of keys, and their number at most.
_BLOCK_BYTES, _MOST = 8192, 64
_WARPS, _STAGES = 4, 2


@triton.jit  # type: ignore[untyped-decorator]
def _attend_block(  # type: ignore[no-untyped-def]
    query, keys, values, first, count, stride, highest, total, summed, scale,
    width: tl.constexpr, channels: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    token, channel = first + tl.arange(0, block), tl.arange(0, channels)
    offsets = token[:, None] * stride + channel[None, :]
    inside = (token < count)[:, None] & (channel < width)[None, :]
    key = tl.load(keys + offsets, inside, 0.0)
    value = tl.load(values + offsets, inside, 0.0)
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scale
    scores = tl.where((token < count)[None, :], scores, -float("inf"))
    return online_softmax(scores, value, highest, total, summed)


@triton.jit  # type: ignore[untyped-decorator]
def _attend(  # type: ignore[no-untyped-def]
    queries, keys, values, prompt_keys, prompt_values, own_keys, own_values, starts, lengths, slots, outputs,
    heads, capacity, scale, group: tl.constexpr, width: tl.constexpr,
    members: tl.constexpr, channels: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    row, head = tl.program_id(0) // heads, tl.program_id(0) % heads
    row_head = tl.program_id(0).to(tl.int64)
    member, channel = tl.arange(0, members), tl.arange(0, channels)
    inside = (member < group)[:, None] & (channel < width)[None, :]
    query_offsets = (row_head * group + member)[:, None] * width + channel[None, :]
    query = tl.load(queries + query_offsets, inside, 0.0)
    key = tl.load(keys + row_head * width + channel, channel < width, 0.0)
    value = tl.load(values + row_head * width + channel, channel < width, 0.0)
    slot = tl.load(slots).to(tl.int32)
    own_offset = row_head * capacity * width
    tl.store(own_keys + own_offset + slot * width + channel, key, channel < width)
    tl.store(own_values + own_offset + slot * width + channel, value, channel < width)
    # The new token comes first, from registers; what was just stored need not be read.
    highest = tl.sum(query.to(tl.float32) * key.to(tl.float32)[None, :], 1) * scale
    total = tl.full((members,), 1.0, tl.float32)
    summed = tl.zeros((members, channels), tl.float32) + value.to(tl.float32)[None, :]
    start, length = tl.load(starts + row), tl.load(lengths + row).to(tl.int32)
    prompt_offset = (start * heads + head) * width
    for first in range(0, length, block):
        highest, total, summed = _attend_block(
            query, prompt_keys + prompt_offset, prompt_values + prompt_offset, first, length, heads * width,
            highest, total, summed, scale, width, channels, block,
        )  # fmt: skip
    for first in range(0, slot, block):
        highest, total, summed = _attend_block(
            query, own_keys + own_offset, own_values + own_offset, first, slot, width,
            highest, total, summed, scale, width, channels, block,
        )  # fmt: skip
    output = (summed / total[:, None]).to(outputs.dtype.element_ty)
    tl.store(outputs + query_offsets, output, inside)


def decode_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor,
    prompts: tuple[torch.Tensor, torch.Tensor], own_cache: tuple[torch.Tensor, torch.Tensor],
    starts: torch.Tensor, lengths: torch.Tensor, slot: torch.Tensor, scale: float,
) -> torch.Tensor:  # fmt: skip
    """Let each row's new token attend to its prompt, its own earlier tokens and itself, (rows, heads, width).

    Its key and value are written to their place among the row's own.

    Parameters
    ----------
    queries : (rows, heads, width), contiguous like all others
    keys, values : (rows, heads that may be fewer, width)
    prompts : keys and values of prompts one after another, each (tokens, heads that may be fewer, width)
    own_cache : keys and values of rows' own tokens, each (rows or more, heads that may be fewer, size, width)
    starts, lengths : of each row's prompt, (rows,) long
    slot : how many own tokens came before, (1,) long
    scale : of products of queries and keys
    """
    rows, heads, width = keys.shape
    group, channels = queries.shape[1] // heads, tile_width(width)
    outputs = torch.empty_like(queries)
    _attend[(rows * heads,)](
        queries, keys, values, *prompts, *own_cache, starts, lengths, slot, outputs, heads,
        own_cache[0].shape[2], scale * LOG2_E,
        group=group, width=width, members=tile_width(group), channels=channels,
        block=min(_MOST, max(LEAST, _BLOCK_BYTES // (channels * keys.element_size()))),
        num_warps=_WARPS, num_stages=_STAGES,
    )  # fmt: skip
    return outputs
