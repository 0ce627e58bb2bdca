"""SwiGLU of a feed-forward layer on a GPU, with the low-rank updates of its two projections added.

What adapters add to gates and to values is never written down: it is computed from low-rank products where it
is needed, once more for the gradient.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from manylora.kernels.lora import Factors
from manylora.kernels.tiles import tile_at, tile_width
from manylora.packing.segments import TILE, Segments

#: Columns and warps of a tile; a gradient holds more of each column.
_FORWARD, _BACKWARD = (64, 8), (32, 4)


@triton.jit  # type: ignore[untyped-decorator]
def _add_lora(  # type: ignore[no-untyped-def]
    values, factor, low, adapter, row, inside, column, c_mask, rank, adapter_stride, rank_stride,
    column_stride, scale, ranks: tl.constexpr,
):  # fmt: skip
    r = tl.arange(0, ranks)
    low_rank = tl.load(low + row[:, None] * rank + r[None, :], inside & (r < rank)[None, :], 0.0)
    offsets = adapter * adapter_stride + r[:, None] * rank_stride + column[None, :] * column_stride
    weights = tl.load(factor + offsets, c_mask & (r < rank)[:, None], 0.0)
    return values + tl.dot(low_rank, weights, input_precision="ieee") * scale


@triton.jit  # type: ignore[untyped-decorator]
def _swiglu(  # type: ignore[no-untyped-def]
    gate_up, outputs, grad_outputs, grad_gate_up, gate_factor, value_factor, gate_low, value_low, tiles,
    width, rank, adapter_stride, rank_stride, column_stride, scale,
    adapts_gates: tl.constexpr, adapts_values: tl.constexpr, is_gradient: tl.constexpr, is_even: tl.constexpr,
    tokens: tl.constexpr, channels: tl.constexpr, ranks: tl.constexpr,
):  # fmt: skip
    owner, start, end = tile_at(tiles, tl.program_id(1))
    adapter = owner.to(tl.int64)
    token, column = start + tl.arange(0, tokens), tl.program_id(0) * channels + tl.arange(0, channels)
    row, inside, c_mask = token.to(tl.int64), (token < end)[:, None], (column >= 0)[None, :]
    mask = inside
    if not is_even:
        c_mask = (column < width)[None, :]
        mask = inside & c_mask
    gate_offsets = row[:, None] * 2 * width + column[None, :]
    gate = tl.load(gate_up + gate_offsets, mask, 0.0).to(tl.float32)
    value = tl.load(gate_up + gate_offsets + width, mask, 0.0).to(tl.float32)
    if adapts_gates:
        gate = _add_lora(
            gate, gate_factor, gate_low, adapter, row, inside, column, c_mask, rank, adapter_stride,
            rank_stride, column_stride, scale, ranks,
        )  # fmt: skip
    if adapts_values:
        value = _add_lora(
            value, value_factor, value_low, adapter, row, inside, column, c_mask, rank, adapter_stride,
            rank_stride, column_stride, scale, ranks,
        )  # fmt: skip
    sigmoid = tl.sigmoid(gate)
    out_offsets = row[:, None] * width + column[None, :]
    if is_gradient:
        grad_output = tl.load(grad_outputs + out_offsets, mask, 0.0).to(tl.float32)
        slope = sigmoid * (1 + gate * (1 - sigmoid))
        grad_gate, grad_value = grad_output * value * slope, grad_output * gate * sigmoid
        tl.store(grad_gate_up + gate_offsets, grad_gate.to(grad_gate_up.dtype.element_ty), mask)
        tl.store(grad_gate_up + gate_offsets + width, grad_value.to(grad_gate_up.dtype.element_ty), mask)
    else:
        tl.store(outputs + out_offsets, (gate * sigmoid * value).to(outputs.dtype.element_ty), mask)


def swiglu(
    gate_up: torch.Tensor, ups: Factors | None, low: torch.Tensor | None, segments: Segments
) -> torch.Tensor:
    """Return SiLU of gates, times values, (tokens, width).

    Parameters
    ----------
    gate_up : gates and values as the frozen product makes them, beside one another, (tokens, 2 * width)
    ups : what adapters make of low-rank products, of those that are adapted; None if neither is
    low : these, (projections, tokens, rank)
    segments : which adapter's each token is
    """
    outputs = gate_up.new_empty((len(gate_up), gate_up.shape[1] // 2))
    _launch(gate_up, outputs, outputs, gate_up, ups, low, segments, is_gradient=False)
    return outputs


def swiglu_backward(
    gate_up: torch.Tensor, grad_outputs: torch.Tensor, ups: Factors | None, low: torch.Tensor | None,
    segments: Segments,
) -> torch.Tensor:  # fmt: skip
    """Return the gradient of gates and values beside one another, from that of :func:`swiglu`."""
    grad_gate_up = torch.empty_like(gate_up)
    _launch(gate_up, grad_outputs, grad_outputs, grad_gate_up, ups, low, segments, is_gradient=True)
    return grad_gate_up


def _launch(
    gate_up: torch.Tensor, outputs: torch.Tensor, grad_outputs: torch.Tensor, grad_gate_up: torch.Tensor,
    ups: Factors | None, low: torch.Tensor | None, segments: Segments, *, is_gradient: bool,
) -> None:  # fmt: skip
    width, rank, scale = gate_up.shape[1] // 2, 1, 1.0
    strides: tuple[int, ...] = (1, 1, 1)
    gates = values = None
    if ups is not None and low is not None:
        rank, scale, strides = low.shape[2], ups.scale, ups.halves[0].stride()
        for first, *of_projection in zip(ups.firsts, ups.halves, low, strict=True):
            # Values come where gates end.
            gates, values = (gates, of_projection) if first else (of_projection, values)
    channels, warps = _BACKWARD if is_gradient else _FORWARD
    (gate_factor, gate_low), (value_factor, value_low) = (
        lora or (gate_up, gate_up) for lora in (gates, values)
    )
    _swiglu[(triton.cdiv(width, channels), len(segments.tiles))](
        gate_up, outputs, grad_outputs, grad_gate_up, gate_factor, value_factor, gate_low, value_low,
        segments.tiles, width, rank, *strides, scale, adapts_gates=gates is not None,
        adapts_values=values is not None, is_gradient=is_gradient, is_even=width % channels == 0,
        tokens=TILE, channels=channels, ranks=tile_width(rank), num_warps=warps,
    )  # fmt: skip
