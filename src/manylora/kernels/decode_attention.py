"""Attention of one new token a row, on a GPU, to its prompt, which rows share, and to its own tokens.

All heads of queries that share keys are computed together, so that keys and values are read once. Sums are
taken in an order that depends on nothing but the row itself.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from manylora.kernels.tiles import LEAST, LOG2_E, folded, tile_width

#: Bytes of keys that are looked at together, and their number at most.
_BLOCK_BYTES, _MOST = 8192, 64
_WARPS, _STAGES = 4, 2


@triton.jit  # type: ignore[untyped-decorator]
def _looked_at(  # type: ignore[no-untyped-def]
    query, keys, values, first, count, stride, highest, total, summed, scale,
    width: tl.constexpr, channels: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    place, channel = first + tl.arange(0, block), tl.arange(0, channels)
    places = place[:, None] * stride + channel[None, :]
    inside = (place < count)[:, None] & (channel < width)[None, :]
    key = tl.load(keys + places, inside, 0.0)
    value = tl.load(values + places, inside, 0.0)
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scale
    scores = tl.where((place < count)[None, :], scores, -float("inf"))
    return folded(scores, value, highest, total, summed)


@triton.jit  # type: ignore[untyped-decorator]
def _attend(  # type: ignore[no-untyped-def]
    queries, keys, values, prompt_keys, prompt_values, own_keys, own_values, starts, lengths, slots, attended,
    heads, room, scale, group: tl.constexpr, width: tl.constexpr,
    members: tl.constexpr, channels: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    row, head = tl.program_id(0) // heads, tl.program_id(0) % heads
    place = tl.program_id(0).to(tl.int64)
    member, channel = tl.arange(0, members), tl.arange(0, channels)
    inside = (member < group)[:, None] & (channel < width)[None, :]
    of_queries = (place * group + member)[:, None] * width + channel[None, :]
    query = tl.load(queries + of_queries, inside, 0.0)
    key = tl.load(keys + place * width + channel, channel < width, 0.0)
    value = tl.load(values + place * width + channel, channel < width, 0.0)
    slot = tl.load(slots).to(tl.int32)
    own = place * room * width
    tl.store(own_keys + own + slot * width + channel, key, channel < width)
    tl.store(own_values + own + slot * width + channel, value, channel < width)
    # The new token comes first, from registers; what was just stored need not be read.
    highest = tl.sum(query.to(tl.float32) * key.to(tl.float32)[None, :], 1) * scale
    total = tl.full((members,), 1.0, tl.float32)
    summed = tl.zeros((members, channels), tl.float32) + value.to(tl.float32)[None, :]
    start, length = tl.load(starts + row), tl.load(lengths + row).to(tl.int32)
    prompt = (start * heads + head) * width
    for first in range(0, length, block):
        highest, total, summed = _looked_at(
            query, prompt_keys + prompt, prompt_values + prompt, first, length, heads * width,
            highest, total, summed, scale, width, channels, block,
        )  # fmt: skip
    for first in range(0, slot, block):
        highest, total, summed = _looked_at(
            query, own_keys + own, own_values + own, first, slot, width,
            highest, total, summed, scale, width, channels, block,
        )  # fmt: skip
    found = (summed / total[:, None]).to(attended.dtype.element_ty)
    tl.store(attended + of_queries, found, inside)


def attended_to_prompt_and_own(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor,
    prompts: tuple[torch.Tensor, torch.Tensor], own: tuple[torch.Tensor, torch.Tensor],
    starts: torch.Tensor, lengths: torch.Tensor, slot: torch.Tensor, scale: float,
) -> torch.Tensor:  # fmt: skip
    """Let each row's new token attend to its prompt, to its own earlier tokens and to itself.

    Its key and value are written to their place among the row's own.

    Parameters
    ----------
    queries : (rows, heads, width), contiguous like all others
    keys, values : (rows, heads that may be fewer, width)
    prompts : keys and values of prompts one after another, each (tokens, heads that may be fewer, width)
    own : keys and values of rows' own tokens, each (rows or more, heads that may be fewer, room, width)
    starts, lengths : of each row's prompt, (rows,) long
    slot : how many own tokens came before, (1,) long
    scale : of products of queries and keys

    Returns
    -------
    (rows, heads, width)
    """
    rows, heads, width = keys.shape
    group, channels = queries.shape[1] // heads, tile_width(width)
    attended = torch.empty_like(queries)
    _attend[(rows * heads,)](
        queries, keys, values, *prompts, *own, starts, lengths, slot, attended, heads, own[0].shape[2],
        scale * LOG2_E,
        group=group, width=width, members=tile_width(group), channels=channels,
        block=min(_MOST, max(LEAST, _BLOCK_BYTES // (channels * keys.element_size()))),
        num_warps=_WARPS, num_stages=_STAGES,
    )  # fmt: skip
    return attended
