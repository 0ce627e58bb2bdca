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
from manylora.blocks.merged_weights import joined_weights
from manylora.kernels import lora as kernels
from manylora.kernels.swiglu import gates_gradient, opened
from manylora.packing.segments import Spans


class _Projections:
    """Projections of one input, some of them adapted; gradients are written where they are looked for.

    Parameters
    ----------
    modules : one to three
    spans : which adapter's each of the input's rows is
    """

    def __init__(self, modules: Sequence[nn.Module], spans: Spans) -> None:
        frozen = [_frozen(module) for module in modules]
        self.weight, self.bias = joined_weights(frozen)
        firsts = accumulate((one.out_features for one in frozen), initial=0)
        adapted = [
            (module, first)
            for module, first in zip(modules, firsts, strict=False)
            if isinstance(module, AdaptedLinear)
        ]
        self.adapted, self._firsts = [module for module, _ in adapted], [first for _, first in adapted]
        self.spans, self._scaling = spans, 1.0
        self._dropped = kernels.NOTHING_DROPPED
        if not self.adapted:
            return
        self._scaling, dropout = self.adapted[0].scaling, self.adapted[0].dropout
        if dropout is not None and dropout.share:
            self._scaling /= 1 - dropout.share
            down, places = self.adapted[0].down, [module.place for module in self.adapted]
            channels = dropout.channel_keys(places, down.shape[2], down.device)
            self._dropped = kernels.DroppedChannels(dropout.token_keys, channels, dropout.bound)

    @property
    def anchor(self) -> torch.Tensor | None:
        """A tensor that is trained, for whose sake gradients are computed where no input wants any."""
        return self.adapted[0].down if self.adapted else None

    @cached_property
    def ups(self) -> kernels.Factors | None:
        """What makes updates of low-rank products."""
        return self._ups([module.up for module in self.adapted]) if self.adapted else None

    def low(self, inputs: torch.Tensor) -> torch.Tensor | None:
        """Return low-rank products, (adapted projections, tokens, rank)."""
        if not self.adapted:
            return None
        return kernels.lowered(inputs, self._downs([module.down for module in self.adapted]), self.spans)

    def product(self, inputs: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
        """Return what the frozen projections make, (tokens, outputs of all)."""
        if residual is None:
            return nn.functional.linear(inputs, self.weight, self.bias)
        outputs = torch.addmm(residual, inputs, self.weight.t())
        return outputs if self.bias is None else outputs.add_(self.bias)

    def backward(
        self, inputs: torch.Tensor, low: torch.Tensor | None, of_outputs: torch.Tensor, is_wanted: bool
    ) -> torch.Tensor | None:
        """Write the gradients of adapters, and return that of the inputs if it is wanted."""
        gradient = of_outputs @ self.weight if is_wanted else None
        if self.ups is None or low is None:
            return gradient
        of_low = kernels.lowered(of_outputs, self.ups, self.spans)
        of_ups = self._ups([_gradient(module.up) for module in self.adapted])
        kernels.write_gradients(of_outputs, of_ups, low, self.spans)
        of_downs = self._downs([_gradient(module.down) for module in self.adapted])
        kernels.write_gradients(inputs, of_downs, of_low, self.spans)
        if gradient is not None:
            downs = self._downs([module.down for module in self.adapted])
            kernels.add_widened(gradient, downs, of_low, self.spans)
        return gradient

    def _downs(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors(halves, [0] * len(halves), 1.0, self._dropped)

    def _ups(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors([one.transpose(1, 2) for one in halves], self._firsts, self._scaling)


class _Projected(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, residual: torch.Tensor | None, _anchor: torch.Tensor | None,
        projections: _Projections,
    ) -> torch.Tensor:  # fmt: skip
        low, outputs = projections.low(inputs), projections.product(inputs, residual)
        if projections.ups is not None and low is not None:
            kernels.add_widened(outputs, projections.ups, low, projections.spans)
        ctx.save_for_backward(inputs, low)
        ctx.projections, ctx.has_residual = projections, residual is not None
        return outputs

    @staticmethod
    def backward(
        ctx: Any, of_outputs: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        inputs, low = ctx.saved_tensors
        of_outputs = of_outputs.contiguous()
        gradient = ctx.projections.backward(inputs, low, of_outputs, ctx.needs_input_grad[0])
        return gradient, of_outputs if ctx.has_residual else None, None, None


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, _anchor: torch.Tensor | None, projections: _Projections
    ) -> torch.Tensor:
        low, joined = projections.low(inputs), projections.product(inputs)
        ctx.save_for_backward(inputs, low, joined)
        ctx.projections = projections
        return opened(joined, projections.ups, low, projections.spans)

    @staticmethod
    def backward(ctx: Any, of_opened: torch.Tensor) -> tuple[torch.Tensor | None, None, None]:
        inputs, low, joined = ctx.saved_tensors
        own: _Projections = ctx.projections
        of_joined = gates_gradient(joined, of_opened.contiguous(), own.ups, low, own.spans)
        return own.backward(inputs, low, of_joined, ctx.needs_input_grad[0]), None, None


def projected(
    inputs: torch.Tensor, modules: Sequence[nn.Module], spans: Spans, residual: torch.Tensor | None = None
) -> torch.Tensor:
    """Return what one to three projections make of an input, adapted or not.

    Gradients of adapters are written to their places, over what is there.

    Parameters
    ----------
    inputs : (tokens, width)
    spans : which adapter's each token is
    residual : (tokens, outputs of all), added

    Returns
    -------
    (tokens, outputs of all)
    """
    projections = _Projections(modules, spans)
    found: torch.Tensor = _Projected.apply(inputs, residual, projections.anchor, projections)  # type: ignore[no-untyped-call]
    return found


def gated(inputs: torch.Tensor, gate: nn.Module, value: nn.Module, spans: Spans) -> torch.Tensor:
    """Return SiLU of one projection of an input times another of it, each as :func:`projected` has it."""
    projections = _Projections((gate, value), spans)
    found: torch.Tensor = _Gated.apply(inputs, projections.anchor, projections)  # type: ignore[no-untyped-call]
    return found


def _frozen(module: nn.Module) -> nn.Linear:
    frozen = module.base if isinstance(module, AdaptedLinear) else module
    assert isinstance(frozen, nn.Linear)
    return frozen


def _gradient(half: nn.Parameter) -> torch.Tensor:
    assert half.grad is not None
    return half.grad
