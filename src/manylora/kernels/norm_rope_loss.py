"""RMS norm, rotary embedding and cross-entropy on a GPU: one kernel each, forward and backward.

Norms and rotations take no arithmetic to speak of; what they cost is reading and writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit  # type: ignore[untyped-decorator]
def _rms_norm(rows, weight, outputs, scales, width, eps, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, block)
    inside = column < width
    values = tl.load(rows + row * width + column, inside, 0.0).to(tl.float32)
    scale = 1 / tl.sqrt_rn(tl.sum(values * values) / width + eps)
    scaled = (values * scale).to(outputs.dtype.element_ty)
    weights = tl.load(weight + column, inside, 0.0)
    tl.store(outputs + row * width + column, weights * scaled, inside)
    tl.store(scales + row, scale)


@triton.jit  # type: ignore[untyped-decorator]
def _rms_norm_backward(  # type: ignore[no-untyped-def]
    rows, weight, scales, grad_output, grad_rows, gradients, width, block: tl.constexpr
):
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, block)
    inside, offsets = column < width, row * width + column
    scale = tl.load(scales + row)
    scaled = tl.load(rows + offsets, inside, 0.0).to(tl.float32) * scale
    weights = tl.load(weight + column, inside, 0.0).to(tl.float32)
    weighted = tl.load(grad_output + offsets, inside, 0.0).to(tl.float32) * weights
    grad = scale * (weighted - scaled * (tl.sum(weighted * scaled) / width))
    grad += tl.load(grad_rows + offsets, inside, 0.0).to(tl.float32)
    tl.store(gradients + offsets, grad.to(gradients.dtype.element_ty), inside)


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, rows: torch.Tensor, weight: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        outputs, scales = torch.empty_like(rows), rows.new_empty(len(rows), dtype=torch.float32)
        width = rows.shape[1]
        block = triton.next_power_of_2(width)
        _rms_norm[(len(rows),)](rows, weight, outputs, scales, width, eps, block=block)
        ctx.save_for_backward(rows, weight, scales)
        return rows.view_as(rows), outputs

    @staticmethod
    def backward(
        ctx: Any, grad_rows: torch.Tensor, grad_output: torch.Tensor
    ) -> tuple[torch.Tensor, None, None]:
        rows, weight, scales = ctx.saved_tensors
        gradients, width = torch.empty_like(rows), rows.shape[1]
        block = triton.next_power_of_2(width)
        grads = grad_output.contiguous(), grad_rows.contiguous(), gradients
        _rms_norm_backward[(len(rows),)](rows, weight, scales, *grads, width, block=block)
        return gradients, None, None


def rms_norm(rows: torch.Tensor, weight: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows as they are, and divided by their root mean square.

    Going on with the returned rows lets one kernel add up both gradients.
    """
    return _RMSNorm.apply(rows, weight, eps)  # type: ignore[no-untyped-call, no-any-return]


@triton.jit  # type: ignore[untyped-decorator]
def _rotate_heads(rows, outputs, cos, sin, heads, block: tl.constexpr, half: tl.constexpr):  # type: ignore[no-untyped-def]
    head, channel = tl.arange(0, block), tl.arange(0, half)
    inside = (head < heads)[:, None] & (channel >= 0)[None, :]
    first = head[:, None] * (2 * half) + channel[None, :]
    left = tl.load(rows + first, inside, 0.0).to(tl.float32)
    right = tl.load(rows + first + half, inside, 0.0).to(tl.float32)
    tl.store(outputs + first, (left * cos - right * sin).to(outputs.dtype.element_ty), inside)
    tl.store(outputs + first + half, (right * cos + left * sin).to(outputs.dtype.element_ty), inside)


@triton.jit  # type: ignore[untyped-decorator]
def _rotate(  # type: ignore[no-untyped-def]
    queries, keys, values, to_queries, to_keys, to_values, cosines, sines, heads, key_heads,
    stride, key_stride, to_stride, to_key_stride, sign,
    block: tl.constexpr, key_block: tl.constexpr, half: tl.constexpr,
):  # fmt: skip
    token, channel = tl.program_id(0).to(tl.int64), tl.arange(0, half)
    # Both halves turn by the same angles.
    cos = tl.load(cosines + token * 2 * half + channel).to(tl.float32)[None, :]
    sin = tl.load(sines + token * 2 * half + channel).to(tl.float32)[None, :] * sign
    _rotate_heads(queries + token * stride, to_queries + token * to_stride, cos, sin, heads, block, half)
    keys, to_keys = keys + token * key_stride, to_keys + token * to_key_stride
    _rotate_heads(keys, to_keys, cos, sin, key_heads, key_block, half)
    value_channel = tl.arange(0, key_block * 2 * half)
    value = tl.load(values + token * key_stride + value_channel, value_channel < key_heads * 2 * half, 0.0)
    tl.store(to_values + token * to_key_stride + value_channel, value, value_channel < key_heads * 2 * half)


def _launch_rotary(
    sources: Sequence[torch.Tensor], targets: Sequence[torch.Tensor], cosines: torch.Tensor,
    sines: torch.Tensor, sign: float,
) -> None:  # fmt: skip
    """Turn queries and keys and copy values, each (tokens, heads * width) with strides of its own."""
    width = cosines.shape[1]
    heads, key_heads = (sources[index].shape[1] // width for index in (0, 1))
    _rotate[(len(cosines),)](
        *sources, *targets, cosines, sines, heads, key_heads,
        *(tensor.stride(0) for tensor in (sources[0], sources[1], targets[0], targets[1])), sign,
        block=triton.next_power_of_2(heads), key_block=triton.next_power_of_2(key_heads), half=width // 2,
    )  # fmt: skip


class _Rotary(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, widths: tuple[int, ...]
    ) -> tuple[torch.Tensor, ...]:
        ctx.save_for_backward(cosines, sines)
        ctx.widths = widths
        outputs = [qkv.new_empty((len(qkv), width)) for width in widths]
        _launch_rotary(torch.split(qkv, list(widths), dim=1), outputs, cosines, sines, 1.0)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        cosines, sines = ctx.saved_tensors
        gradient = grad_outputs[0].new_empty((len(cosines), sum(ctx.widths)))
        sources = [grad.contiguous() for grad in grad_outputs]
        _launch_rotary(sources, torch.split(gradient, list(ctx.widths), dim=1), cosines, sines, -1.0)
        return gradient, None, None, None


def apply_rotary(
    qkv: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, heads: int, key_heads: int
) -> tuple[torch.Tensor, ...]:
    """Return queries and keys turned, and values as they are, (tokens, heads, width) each.

    Parameters
    ----------
    qkv : queries, keys and values beside one another, (tokens, all heads * width)
    cosines, sines : of angles, (tokens, width)
    heads, key_heads : of queries, and of keys and of values
    """
    width = cosines.shape[1]
    widths = tuple(count * width for count in (heads, key_heads, key_heads))
    parts: tuple[torch.Tensor, ...] = _Rotary.apply(qkv, cosines, sines, widths)  # type: ignore[no-untyped-call]
    return tuple(part.view(len(qkv), -1, width) for part in parts)


@triton.jit  # type: ignore[untyped-decorator]
def _cross_entropy(logits, targets, loss_weights, losses, vocabulary, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    row_logits = logits + row * vocabulary
    highest, summed = -float("inf"), 0.0
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        values = tl.load(row_logits + column, column < vocabulary, -float("inf")).to(tl.float32)
        higher = tl.maximum(highest, tl.max(values))
        summed = summed * tl.exp(highest - higher) + tl.sum(tl.exp(values - higher))
        highest = higher
    total = highest + tl.log(summed)
    target, loss_weight = tl.load(targets + row), tl.load(loss_weights + row)
    tl.store(losses + row, (total - tl.load(row_logits + target).to(tl.float32)) * loss_weight)
    tl.debug_barrier()
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        values = tl.load(row_logits + column, column < vocabulary, -float("inf")).to(tl.float32)
        gradient = (tl.exp(values - total) - tl.where(column == target, 1.0, 0.0)) * loss_weight
        tl.store(row_logits + column, gradient.to(logits.dtype.element_ty), column < vocabulary)


def cross_entropy_(logits: torch.Tensor, targets: torch.Tensor, loss_weights: torch.Tensor) -> torch.Tensor:
    """Return rows' cross-entropy times their shares, (rows,) float32; gradients take the logits' place.

    Parameters
    ----------
    logits : (rows, vocabulary)
    targets : (rows,) long
    loss_weights : (rows,) float32
    """
    losses = torch.empty_like(loss_weights)
    _cross_entropy[(len(logits),)](logits, targets, loss_weights, losses, logits.shape[1], block=4096)
    return losses
