"""Adapted projections that share an input, on a GPU: what `AdaptedLinear` computes, with less memory moved.

The frozen products stay with the vendor's library. Nothing is kept for the backward pass but the input, which
other operations keep as well, and the low-rank products; a residual is added in the frozen product itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from marker_coupling import projection_kernels as kernels
from marker_coupling.adapters import AdaptedLinear


class _Group:
    """Projections of one input, of which a gradient is written where `AdapterBank` looks for it."""

    def __init__(self, modules: Sequence[AdaptedLinear]) -> None:
        self.modules = modules
        self.adapters = len(modules[0].down)
        dropout, self.scaling = modules[0].dropout, modules[0].scaling
        if dropout is None or not dropout.share:
            self.dropped = kernels.DroppedChannels(None, None, 0)
        else:
            self.scaling /= 1 - dropout.share
            width = modules[0].base.in_features
            places = [module.place for module in modules]
            channels = dropout.channel_keys(places, width, modules[0].down.device)
            self.dropped = kernels.DroppedChannels(dropout.token_keys, channels, dropout.bound)

    @property
    def downs(self) -> list[torch.Tensor]:
        return [module.down for module in self.modules]

    def by_adapter(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.view(self.adapters, -1, rows.shape[-1])


class _Projected(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, residual: torch.Tensor | None, anchor: torch.Tensor, group: _Group
    ) -> tuple[torch.Tensor, ...]:
        low = kernels.lowered(inputs, group.downs, group.dropped)
        outputs = []
        for module, own in zip(group.modules, low, strict=True):
            output = _frozen(module.base, inputs, residual)
            up = module.up.transpose(1, 2)
            group.by_adapter(output).baddbmm_(group.by_adapter(own), up, alpha=group.scaling)
            outputs.append(output)
        ctx.save_for_backward(inputs, low)
        ctx.group, ctx.has_residual = group, residual is not None
        return tuple(outputs)

    @staticmethod
    def backward(
        ctx: Any, *of_outputs: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        inputs, low = ctx.saved_tensors
        group: _Group = ctx.group
        of_low, gradient = torch.empty_like(low), None
        for module, own, of_own, of_output in zip(group.modules, low, of_low, of_outputs, strict=True):
            of_output, grouped = of_output.contiguous(), group.by_adapter(of_output.contiguous())
            torch.baddbmm(
                group.by_adapter(of_own), grouped, module.up, beta=0, alpha=group.scaling,
                out=group.by_adapter(of_own),
            )  # fmt: skip
            assert module.up.grad is not None
            torch.baddbmm(
                module.up.grad, grouped.transpose(1, 2), group.by_adapter(own), beta=0, alpha=group.scaling,
                out=module.up.grad,
            )  # fmt: skip
            if ctx.needs_input_grad[0]:
                weight = module.base.weight
                gradient = of_output @ weight if gradient is None else gradient.addmm_(of_output, weight)
        downs = [module.down.grad for module in group.modules]
        kernels.write_down_gradients(inputs, [one for one in downs if one is not None], of_low, group.dropped)
        if gradient is not None:
            kernels.add_inputs_gradient(gradient, group.downs, of_low, group.dropped)
        return gradient, of_outputs[0] if ctx.has_residual else None, None, None


def projected(
    inputs: torch.Tensor, modules: Sequence[nn.Module], residual: torch.Tensor | None = None
) -> tuple[torch.Tensor, ...]:
    """Return what one to three projections make of an input, adapted or not.

    Gradients of adapters are written to their places, over what is there.

    Parameters
    ----------
    inputs : (tokens, width), the adapters' one after another, equally many of each
    residual : (tokens, outputs), added

    Returns
    -------
    tuple
        For each projection (tokens, outputs).
    """
    adapted = [module for module in modules if isinstance(module, AdaptedLinear)]
    if len(adapted) == len(modules):
        found: tuple[torch.Tensor, ...] = _Projected.apply(  # type: ignore[no-untyped-call]
            inputs, residual, adapted[0].down, _Group(adapted)
        )
        return found
    outputs = [module(inputs.view(_adapters(module), -1, inputs.shape[-1])) for module in modules]
    flat = [output.view(len(inputs), -1) for output in outputs]
    return tuple(one if residual is None else residual + one for one in flat)


def _adapters(module: nn.Module) -> int:
    return len(module.down) if isinstance(module, AdaptedLinear) else 1


def _frozen(base: nn.Linear, inputs: torch.Tensor, residual: torch.Tensor | None) -> torch.Tensor:
    if residual is None:
        return nn.functional.linear(inputs, base.weight, base.bias)
    output = torch.addmm(residual, inputs, base.weight.t())
    return output if base.bias is None else output.add_(base.bias)
