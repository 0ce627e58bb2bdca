"""Gates of a feed-forward layer on a GPU, opened from what the frozen product and low-rank products make.

What adapters add to gates and to values is never written down: it is computed from low-rank products where it
is needed, once more for the gradient.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from manylora.kernels.lora import Factors
from manylora.kernels.tiles import tile_at, tile_width
from manylora.packing.segments import TILE, Spans

#: Columns that are looked at together, and warps that do so; a gradient holds more of each column.
_OPENED, _GRADIENT = (64, 8), (32, 4)


@triton.jit  # type: ignore[untyped-decorator]
def _added(  # type: ignore[no-untyped-def]
    values, factor, low, adapter, row, inside, column, held, rank, adapter_stride, rank_stride, column_stride,
    scale, ranks: tl.constexpr,
):  # fmt: skip
    order = tl.arange(0, ranks)
    own = tl.load(low + row[:, None] * rank + order[None, :], inside & (order < rank)[None, :], 0.0)
    places = adapter * adapter_stride + order[:, None] * rank_stride + column[None, :] * column_stride
    weights = tl.load(factor + places, held & (order < rank)[:, None], 0.0)
    return values + tl.dot(own, weights, input_precision="ieee") * scale


@triton.jit  # type: ignore[untyped-decorator]
def _open(  # type: ignore[no-untyped-def]
    joined, opened, of_opened, of_joined, gate_factor, value_factor, gate_low, value_low, tiles,
    width, rank, adapter_stride, rank_stride, column_stride, scale,
    adapts_gates: tl.constexpr, adapts_values: tl.constexpr, is_gradient: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    owner, start, end = tile_at(tiles, tl.program_id(1))
    adapter = owner.to(tl.int64)
    place, column = start + tl.arange(0, tokens), tl.program_id(0) * channels + tl.arange(0, channels)
    row, inside, held = place.to(tl.int64), (place < end)[:, None], (column >= 0)[None, :]
    there = inside
    if not is_even:
        held = (column < width)[None, :]
        there = inside & held
    where = row[:, None] * 2 * width + column[None, :]
    gate = tl.load(joined + where, there, 0.0).to(tl.float32)
    value = tl.load(joined + where + width, there, 0.0).to(tl.float32)
    if adapts_gates:
        gate = _added(
            gate, gate_factor, gate_low, adapter, row, inside, column, held, rank, adapter_stride,
            rank_stride, column_stride, scale, ranks,
        )  # fmt: skip
    if adapts_values:
        value = _added(
            value, value_factor, value_low, adapter, row, inside, column, held, rank, adapter_stride,
            rank_stride, column_stride, scale, ranks,
        )  # fmt: skip
    share = tl.sigmoid(gate)
    narrow = row[:, None] * width + column[None, :]
    if is_gradient:
        towards = tl.load(of_opened + narrow, there, 0.0).to(tl.float32)
        slope = share * (1 + gate * (1 - share))
        tl.store(of_joined + where, (towards * value * slope).to(of_joined.dtype.element_ty), there)
        tl.store(of_joined + where + width, (towards * gate * share).to(of_joined.dtype.element_ty), there)
    else:
        tl.store(opened + narrow, (gate * share * value).to(opened.dtype.element_ty), there)


def opened(joined: torch.Tensor, ups: Factors | None, low: torch.Tensor | None, spans: Spans) -> torch.Tensor:
    """Return SiLU of gates, times values, (tokens, width).

    Parameters
    ----------
    joined : gates and values as the frozen product makes them, beside one another, (tokens, 2 * width)
    ups : what adapters make of low-rank products, of those that are adapted; None if neither is
    low : these, (projections, tokens, rank)
    spans : which adapter's each token is
    """
    found = joined.new_empty((len(joined), joined.shape[1] // 2))
    _launch(joined, found, found, joined, ups, low, spans, is_gradient=False)
    return found


def gates_gradient(
    joined: torch.Tensor, of_opened: torch.Tensor, ups: Factors | None, low: torch.Tensor | None, spans: Spans
) -> torch.Tensor:
    """Return the gradient of gates and values beside one another, from that of :func:`opened`."""
    found = torch.empty_like(joined)
    _launch(joined, of_opened, of_opened, found, ups, low, spans, is_gradient=True)
    return found


def _launch(
    joined: torch.Tensor, found: torch.Tensor, of_opened: torch.Tensor, of_joined: torch.Tensor,
    ups: Factors | None, low: torch.Tensor | None, spans: Spans, *, is_gradient: bool,
) -> None:  # fmt: skip
    width, rank, scale = joined.shape[1] // 2, 1, 1.0
    strides: tuple[int, ...] = (1, 1, 1)
    gates = values = None
    if ups is not None and low is not None:
        rank, scale, strides = low.shape[2], ups.scale, ups.halves[0].stride()
        for first, *of_projection in zip(ups.firsts, ups.halves, low, strict=True):
            # Values come where gates end.
            gates, values = (gates, of_projection) if first else (of_projection, values)
    channels, warps = _GRADIENT if is_gradient else _OPENED
    (gate_factor, gate_low), (value_factor, value_low) = (own or (joined, joined) for own in (gates, values))
    _open[(triton.cdiv(width, channels), len(spans.tiles))](
        joined, found, of_opened, of_joined, gate_factor, value_factor, gate_low, value_low, spans.tiles,
        width, rank, *strides, scale, adapts_gates=gates is not None, adapts_values=values is not None,
        is_gradient=is_gradient, is_even=width % channels == 0, tokens=TILE, channels=channels,
        ranks=tile_width(rank), num_warps=warps,
    )  # fmt: skip
