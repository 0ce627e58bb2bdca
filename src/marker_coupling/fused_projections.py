"""Adapted projections that share an input, on a GPU: what `AdaptedLinear` computes, with less memory moved.

The frozen products stay with the vendor's library, one for all that share an input. Nothing is kept for the
backward pass but the input, which other operations keep as well, and the low-rank products; a residual is
added in the frozen product itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import nn

from marker_coupling import projection_kernels as kernels
from marker_coupling.adapters import AdaptedLinear
from marker_coupling.joined_weights import joined_weights
from marker_coupling.spans import Spans


class _Adapted:
    """Those projections of one input that are adapted.

    Parameters
    ----------
    modules : projections, of which at least one is adapted
    spans : whose the input's rows are
    """

    def __init__(self, modules: Sequence[nn.Module], spans: Spans) -> None:
        widths = [_frozen(module).out_features for module in modules]
        ends = zip(modules, accumulate(widths, initial=0), strict=False)
        adapted = [(module, first) for module, first in ends if isinstance(module, AdaptedLinear)]
        self.modules, self.firsts = [module for module, _ in adapted], [first for _, first in adapted]
        self.spans, self.scaling = spans, self.modules[0].scaling
        self.dropped = kernels.NOTHING_DROPPED
        dropout = self.modules[0].dropout
        if dropout is not None and dropout.share:
            self.scaling /= 1 - dropout.share
            down, places = self.modules[0].down, [module.place for module in self.modules]
            channels = dropout.channel_keys(places, down.shape[2], down.device)
            self.dropped = kernels.DroppedChannels(dropout.token_keys, channels, dropout.bound)

    def downs(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors(halves, [0] * len(halves), 1.0, self.dropped)

    def ups(self, halves: Sequence[torch.Tensor]) -> kernels.Factors:
        return kernels.Factors([one.transpose(1, 2) for one in halves], self.firsts, self.scaling)


class _Projected(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, residual: torch.Tensor | None, weight: torch.Tensor,
        bias: torch.Tensor | None, _anchor: torch.Tensor, adapted: _Adapted,
    ) -> torch.Tensor:  # fmt: skip
        downs = adapted.downs([module.down for module in adapted.modules])
        low = kernels.lowered(inputs, downs, adapted.spans)
        outputs = _product(inputs, residual, weight, bias)
        ups = adapted.ups([module.up for module in adapted.modules])
        kernels.add_widened(outputs, ups, low, adapted.spans)
        ctx.save_for_backward(inputs, low, weight)
        ctx.adapted, ctx.has_residual = adapted, residual is not None
        return outputs

    @staticmethod
    def backward(
        ctx: Any, of_outputs: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None, None, None]:
        inputs, low, weight = ctx.saved_tensors
        adapted: _Adapted = ctx.adapted
        modules, spans, of_outputs = adapted.modules, adapted.spans, of_outputs.contiguous()
        of_low = kernels.lowered(of_outputs, adapted.ups([module.up for module in modules]), spans)
        kernels.write_gradients(of_outputs, adapted.ups([_gradient(one.up) for one in modules]), low, spans)
        kernels.write_gradients(
            inputs, adapted.downs([_gradient(one.down) for one in modules]), of_low, spans
        )
        gradient = None
        if ctx.needs_input_grad[0]:
            gradient = of_outputs @ weight
            kernels.add_widened(gradient, adapted.downs([one.down for one in modules]), of_low, spans)
        return gradient, of_outputs if ctx.has_residual else None, None, None, None, None


def projected(
    inputs: torch.Tensor, modules: Sequence[nn.Module], spans: Spans,
    residual: torch.Tensor | None = None,
) -> torch.Tensor:  # fmt: skip
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
    weight, bias = joined_weights([_frozen(module) for module in modules])
    anchors = [module.down for module in modules if isinstance(module, AdaptedLinear)]
    if not anchors:
        return _product(inputs, residual, weight, bias)
    found: torch.Tensor = _Projected.apply(  # type: ignore[no-untyped-call]
        inputs, residual, weight, bias, anchors[0], _Adapted(modules, spans)
    )
    return found


def _frozen(module: nn.Module) -> nn.Linear:
    frozen = module.base if isinstance(module, AdaptedLinear) else module
    assert isinstance(frozen, nn.Linear)
    return frozen


def _product(
    inputs: torch.Tensor, residual: torch.Tensor | None, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    if residual is None:
        return nn.functional.linear(inputs, weight, bias)
    outputs = torch.addmm(residual, inputs, weight.t())
    return outputs if bias is None else outputs.add_(bias)


def _gradient(half: nn.Parameter) -> torch.Tensor:
    assert half.grad is not None
    return half.grad
