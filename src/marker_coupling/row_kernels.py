"""What a block does token by token, on a GPU: one kernel each, forward and backward.

Norms, rotations and gates take no arithmetic to speak of; what they cost is reading and writing.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

_BLOCK = 1024


@triton.jit  # type: ignore[untyped-decorator]
def _norm(rows, weight, outputs, scales, width, eps, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, block)
    inside = column < width
    values = tl.load(rows + row * width + column, inside, 0.0).to(tl.float32)
    scale = 1 / tl.sqrt_rn(tl.sum(values * values) / width + eps)
    scaled = (values * scale).to(outputs.dtype.element_ty)
    weights = tl.load(weight + column, inside, 0.0)
    tl.store(outputs + row * width + column, weights * scaled, inside)
    tl.store(scales + row, scale)


@triton.jit  # type: ignore[untyped-decorator]
def _norm_gradient(  # type: ignore[no-untyped-def]
    rows, weight, scales, of_output, passed, gradients, width, block: tl.constexpr
):
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, block)
    inside, places = column < width, row * width + column
    scale = tl.load(scales + row)
    scaled = tl.load(rows + places, inside, 0.0).to(tl.float32) * scale
    weights = tl.load(weight + column, inside, 0.0).to(tl.float32)
    weighted = tl.load(of_output + places, inside, 0.0).to(tl.float32) * weights
    found = scale * (weighted - scaled * (tl.sum(weighted * scaled) / width))
    found += tl.load(passed + places, inside, 0.0).to(tl.float32)
    tl.store(gradients + places, found.to(gradients.dtype.element_ty), inside)


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, rows: torch.Tensor, weight: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        outputs, scales = torch.empty_like(rows), rows.new_empty(len(rows), dtype=torch.float32)
        width = rows.shape[1]
        block = triton.next_power_of_2(width)
        _norm[(len(rows),)](rows, weight, outputs, scales, width, eps, block=block)
        ctx.save_for_backward(rows, weight, scales)
        return rows.view_as(rows), outputs

    @staticmethod
    def backward(ctx: Any, passed: torch.Tensor, of_output: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        rows, weight, scales = ctx.saved_tensors
        gradients, width = torch.empty_like(rows), rows.shape[1]
        block = triton.next_power_of_2(width)
        _norm_gradient[(len(rows),)](
            rows, weight, scales, of_output.contiguous(), passed.contiguous(), gradients, width, block=block
        )
        return gradients, None, None


def normalised(rows: torch.Tensor, weight: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows as they are, and divided by their root mean square.

    Who goes on with the rows that are returned lets one kernel add up both gradients.
    """
    found: tuple[torch.Tensor, torch.Tensor] = _Norm.apply(rows, weight, eps)  # type: ignore[no-untyped-call]
    return found


@triton.jit  # type: ignore[untyped-decorator]
def _rotate_heads(rows, outputs, token, cos, sin, heads, block: tl.constexpr, half: tl.constexpr):  # type: ignore[no-untyped-def]
    head, channel = tl.arange(0, block), tl.arange(0, half)
    inside = (head < heads)[:, None] & (channel >= 0)[None, :]
    first = (token * heads + head)[:, None] * (2 * half) + channel[None, :]
    left = tl.load(rows + first, inside, 0.0).to(tl.float32)
    right = tl.load(rows + first + half, inside, 0.0).to(tl.float32)
    tl.store(outputs + first, (left * cos - right * sin).to(outputs.dtype.element_ty), inside)
    tl.store(outputs + first + half, (right * cos + left * sin).to(outputs.dtype.element_ty), inside)


@triton.jit  # type: ignore[untyped-decorator]
def _rotate(  # type: ignore[no-untyped-def]
    queries, keys, rotated_queries, rotated_keys, cosines, sines, heads, key_heads, sign,
    block: tl.constexpr, key_block: tl.constexpr, half: tl.constexpr,
):  # fmt: skip
    token, channel = tl.program_id(0).to(tl.int64), tl.arange(0, half)
    # Both halves turn by the same angles.
    cos = tl.load(cosines + token * 2 * half + channel).to(tl.float32)[None, :]
    sin = tl.load(sines + token * 2 * half + channel).to(tl.float32)[None, :] * sign
    _rotate_heads(queries, rotated_queries, token, cos, sin, heads, block, half)
    _rotate_heads(keys, rotated_keys, token, cos, sin, key_heads, key_block, half)


def _turned(
    queries: torch.Tensor, keys: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, sign: float
) -> tuple[torch.Tensor, torch.Tensor]:
    queries, keys = queries.contiguous(), keys.contiguous()
    tokens, heads, width = queries.shape
    outputs = torch.empty_like(queries), torch.empty_like(keys)
    _rotate[(tokens,)](
        queries, keys, *outputs, cosines, sines, heads, keys.shape[1], sign,
        block=triton.next_power_of_2(heads), key_block=triton.next_power_of_2(keys.shape[1]), half=width // 2,
    )  # fmt: skip
    return outputs


class _Rotated(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, queries: torch.Tensor, keys: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        ctx.save_for_backward(cosines, sines)
        return _turned(queries, keys, cosines, sines, 1.0)

    @staticmethod
    def backward(
        ctx: Any, of_queries: torch.Tensor, of_keys: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        cosines, sines = ctx.saved_tensors
        return *_turned(of_queries, of_keys, cosines, sines, -1.0), None, None


def rotated(
    queries: torch.Tensor, keys: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys, (tokens, heads, width), turned by angles (tokens, width)."""
    found: tuple[torch.Tensor, torch.Tensor] = _Rotated.apply(queries, keys, cosines, sines)  # type: ignore[no-untyped-call]
    return found


@triton.jit  # type: ignore[untyped-decorator]
def _gate(gates, values, outputs, count, block: tl.constexpr):  # type: ignore[no-untyped-def]
    places = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = places < count
    gate = tl.load(gates + places, inside, 0.0).to(tl.float32)
    opened = (gate * tl.sigmoid(gate)).to(outputs.dtype.element_ty)
    tl.store(outputs + places, opened * tl.load(values + places, inside, 0.0), inside)


@triton.jit  # type: ignore[untyped-decorator]
def _gate_gradient(gates, values, of_output, of_gates, of_values, count, block: tl.constexpr):  # type: ignore[no-untyped-def]
    places = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = places < count
    gate = tl.load(gates + places, inside, 0.0).to(tl.float32)
    value = tl.load(values + places, inside, 0.0).to(tl.float32)
    gradient = tl.load(of_output + places, inside, 0.0).to(tl.float32)
    share = tl.sigmoid(gate)
    opened = gate * share
    tl.store(of_values + places, (gradient * opened).to(of_values.dtype.element_ty), inside)
    slope = share * (1 + gate * (1 - share))
    tl.store(of_gates + places, (gradient * value * slope).to(of_gates.dtype.element_ty), inside)


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gates: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        outputs = torch.empty_like(gates)
        _gate[(triton.cdiv(gates.numel(), _BLOCK),)](gates, values, outputs, gates.numel(), block=_BLOCK)
        ctx.save_for_backward(gates, values)
        return outputs

    @staticmethod
    def backward(ctx: Any, of_output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gates, values = ctx.saved_tensors
        of_gates, of_values = torch.empty_like(gates), torch.empty_like(values)
        _gate_gradient[(triton.cdiv(gates.numel(), _BLOCK),)](
            gates, values, of_output.contiguous(), of_gates, of_values, gates.numel(), block=_BLOCK
        )
        return of_gates, of_values


def gated(gates: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return SiLU of gates, times values."""
    found: torch.Tensor = _Gated.apply(gates, values)  # type: ignore[no-untyped-call]
    return found


@triton.jit  # type: ignore[untyped-decorator]
def _entropy(logits, targets, shares, losses, vocabulary, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    own = logits + row * vocabulary
    highest, summed = -float("inf"), 0.0
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        values = tl.load(own + column, column < vocabulary, -float("inf")).to(tl.float32)
        higher = tl.maximum(highest, tl.max(values))
        summed = summed * tl.exp(highest - higher) + tl.sum(tl.exp(values - higher))
        highest = higher
    total = highest + tl.log(summed)
    target, share = tl.load(targets + row), tl.load(shares + row)
    tl.store(losses + row, (total - tl.load(own + target).to(tl.float32)) * share)
    tl.debug_barrier()
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        values = tl.load(own + column, column < vocabulary, -float("inf")).to(tl.float32)
        gradient = (tl.exp(values - total) - tl.where(column == target, 1.0, 0.0)) * share
        tl.store(own + column, gradient.to(logits.dtype.element_ty), column < vocabulary)


def cross_entropy_(logits: torch.Tensor, targets: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Return each row's cross-entropy times its share, and put the gradient in the logits' place.

    Parameters
    ----------
    logits : (rows, vocabulary)
    targets : (rows,) long
    shares : (rows,) float32

    Returns
    -------
    (rows,) float32
    """
    losses = torch.empty_like(shares)
    _entropy[(len(logits),)](logits, targets, shares, losses, logits.shape[1], block=4096)
    return losses
