"""Adapted projections that share an input, on a GPU: what `AdaptedLinear` computes, with less memory moved.

The frozen products stay with the vendor's library, one for all that share an input; a residual is added in
them. Nothing is kept for the backward pass but the input, which other operations keep as well, the low-rank
products, and what the frozen product makes of gates, which are opened where low-rank updates are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import torch
from torch import nn

from manylora.adapters.adapter_bank import AdaptedLinear
from manylora.blocks.merged_weights import merged_weights
from manylora.kernels import lora as kernels
from manylora.kernels.swiglu import swiglu, swiglu_backward
from manylora.packing.segments import Segments


class _FusedProjections:
    """One to three projections of one input, some adapted; gradients are written where they are looked up."""

    def __init__(self, modules: Sequence[nn.Module], segments: Segments) -> None:
        frozen = [_frozen(module) for module in modules]
        self.weight, self.bias = merged_weights(frozen)
        firsts = accumulate((linear.out_features for linear in frozen), initial=0)
        adapted = [
            (module, first)
            for module, first in zip(modules, firsts, strict=False)
            if isinstance(module, AdaptedLinear)
        ]
        self.adapted, self._firsts = [module for module, _ in adapted], [first for _, first in adapted]
        self.segments, self._scaling = segments, 1.0
        self._dropped = kernels.NOTHING_DROPPED
        if not self.adapted:
            return
        self._scaling, dropout = self.adapted[0].scaling, self.adapted[0].dropout
        if dropout is not None and dropout.share:
            self._scaling /= 1 - dropout.share
            down, indices = self.adapted[0].down, [module.index for module in self.adapted]
            channels = dropout.channel_keys(indices, down.shape[2], down.device)
            self._dropped = kernels.DroppedChannels(dropout.token_keys, channels, dropout.bound)

    @property
    def anchor(self) -> torch.Tensor | None:
        """A tensor that is trained, for whose sake gradients are computed where no input wants any."""
        return self.adapted[0].down if self.adapted else None

    @cached_property
    def ups(self) -> kernels.Factors | None:
        """Factors that expand low-rank products to updates."""
        return self._ups([module.up for module in self.adapted]) if self.adapted else None

    def low(self, inputs: torch.Tensor) -> torch.Tensor | None:
        """Return low-rank products, (adapted projections, tokens, rank)."""
        if not self.adapted:
            return None
        return kernels.lora_shrink(
            inputs, self._downs([module.down for module in self.adapted]), self.segments
        )

    def product(self, inputs: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Return the frozen projections of inputs, (tokens, outputs of all)."""
        if residual is None:
            return nn.functional.linear(inputs, self.weight, self.bias)
        outputs = torch.addmm(residual, inputs, self.weight.t())
        return outputs if self.bias is None else outputs.add_(self.bias)

    def backward(
        self, inputs: torch.Tensor, low: torch.Tensor | None, grad_outputs: torch.Tensor, needs_grad: bool
    ) -> torch.Tensor | None:
        """Write the gradients of adapters, and return that of the inputs if it is wanted."""
        gradient = grad_outputs @ self.weight if needs_grad else None
        if self.ups is None or low is None:
            return gradient
        grad_low = kernels.lora_shrink(grad_outputs, self.ups, self.segments)
        up_grads = self._ups([_grad_of(module.up) for module in self.adapted])
        kernels.lora_weight_grad(grad_outputs, up_grads, low, self.segments)
        down_grads = self._downs([_grad_of(module.down) for module in self.adapted])
        kernels.lora_weight_grad(inputs, down_grads, grad_low, self.segments)
        if gradient is not None:
            downs = self._downs([module.down for module in self.adapted])
            kernels.lora_expand(gradient, downs, grad_low, self.segments)
        return gradient

    def _downs(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors(halves, [0] * len(halves), 1.0, self._dropped)

    def _ups(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors([half.transpose(1, 2) for half in halves], self._firsts, self._scaling)


class _Projection(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, residual: torch.Tensor | None, _anchor: torch.Tensor | None,
        projections: _FusedProjections,
    ) -> torch.Tensor:  # fmt: skip
        low, outputs = projections.low(inputs), projections.product(inputs, residual)
        if projections.ups is not None and low is not None:
            kernels.lora_expand(outputs, projections.ups, low, projections.segments)
        ctx.save_for_backward(inputs, low)
        ctx.projections, ctx.has_residual = projections, residual is not None
        return outputs

    @staticmethod
    def backward(
        ctx: Any, grad_outputs: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        inputs, low = ctx.saved_tensors
        grad_outputs = grad_outputs.contiguous()
        gradient = ctx.projections.backward(inputs, low, grad_outputs, ctx.needs_input_grad[0])
        return gradient, grad_outputs if ctx.has_residual else None, None, None


class _GatedProjection(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, _anchor: torch.Tensor | None, projections: _FusedProjections
    ) -> torch.Tensor:
        low, gate_up = projections.low(inputs), projections.product(inputs)
        ctx.save_for_backward(inputs, low, gate_up)
        ctx.projections = projections
        return swiglu(gate_up, projections.ups, low, projections.segments)

    @staticmethod
    def backward(ctx: Any, grad_outputs: torch.Tensor) -> tuple[torch.Tensor | None, None, None]:
        inputs, low, gate_up = ctx.saved_tensors
        projections: _FusedProjections = ctx.projections
        grad_gate_up = swiglu_backward(
            gate_up, grad_outputs.contiguous(), projections.ups, low, projections.segments
        )
        return projections.backward(inputs, low, grad_gate_up, ctx.needs_input_grad[0]), None, None


def project(
    inputs: torch.Tensor, modules: Sequence[nn.Module], segments: Segments,
    residual: torch.Tensor | None = None,
) -> torch.Tensor:  # fmt: skip
    """Project an input by one to three modules, adapted or not, to (tokens, outputs of all).

    Gradients of adapters are written to their places, over what is there.

    Parameters
    ----------
    inputs : (tokens, width)
    segments : which adapter's each token is
    residual : (tokens, outputs of all), added
    """
    projections = _FusedProjections(modules, segments)
    return _Projection.apply(inputs, residual, projections.anchor, projections)  # type: ignore[no-untyped-call, no-any-return]


def gated_projection(
    inputs: torch.Tensor, gate: nn.Module, value: nn.Module, segments: Segments
) -> torch.Tensor:
    """Return SiLU of one projection of an input times another of it, each as :func:`project` has it."""
    projections = _FusedProjections((gate, value), segments)
    return _GatedProjection.apply(inputs, projections.anchor, projections)  # type: ignore[no-untyped-call, no-any-return]


def _frozen(module: nn.Module) -> nn.Linear:
    frozen = module.base if isinstance(module, AdaptedLinear) else module
    assert isinstance(frozen, nn.Linear)
    return frozen


def _grad_of(half: nn.Parameter) -> torch.Tensor:
    assert half.grad is not None
    return half.grad
