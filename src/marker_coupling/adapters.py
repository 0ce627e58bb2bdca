"""Many LoRA adapters on one frozen model: one large product, and two small batched ones for all adapters.

A batch holds the adapters' rows one after another, as many for each: rows 0 to n-1 pass through adapter 0,
rows n to 2n-1 through adapter 1. Every adapter computes what it would compute alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from marker_coupling.adapter_dropout import AdapterDropout
from marker_coupling.instrument import InstrumentError
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.recipe import AdapterShape

#: Adapters are computed in float32 whatever the base model computes in, as peft does.
DTYPE = torch.float32


@dataclass(frozen=True, eq=False)
class AdapterWeights:
    """One adapter.

    Parameters
    ----------
    down : by module name, (rank, inputs) float32, what peft calls lora_A
    up : by module name, (outputs, rank) float32, what peft calls lora_B
    """

    down: Mapping[str, torch.Tensor]
    up: Mapping[str, torch.Tensor]


class AdaptedLinear(nn.Module):
    """A frozen linear module with a low-rank update for each adapter.

    Parameters
    ----------
    base : the frozen module
    count : adapters
    shape : rank and scaling
    place : among the adapted modules
    """

    def __init__(self, base: nn.Linear, count: int, shape: AdapterShape, place: int) -> None:
        super().__init__()
        self.base, self.scaling, self.place = base, shape.scaling, place
        device = base.weight.device
        self.down = nn.Parameter(torch.zeros(count, shape.rank, base.in_features, dtype=DTYPE, device=device))
        self.up = nn.Parameter(torch.zeros(count, base.out_features, shape.rank, dtype=DTYPE, device=device))
        self.dropout: AdapterDropout | None = None

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (adapters * rows, length, inputs) to (adapters * rows, length, outputs)."""
        count = len(self.down)
        rows, length, width = inputs.shape
        grouped = inputs.to(DTYPE).view(count, rows // count, length, width)
        scaling = self.scaling
        if self.dropout is not None:
            grouped = self.dropout(grouped, self.place)
            scaling /= 1 - self.dropout.share
        low = torch.bmm(grouped.reshape(count, -1, width), self.down.transpose(1, 2))
        update = torch.bmm(low, self.up.transpose(1, 2)) * scaling
        output: torch.Tensor = self.base(inputs)
        return (output + update.view(rows, length, -1)).to(output.dtype)


class AdapterBank:
    """The adapters that are attached to a model.

    Parameters
    ----------
    modules : adapted modules by name, in the model's order
    count : adapters
    """

    def __init__(self, modules: Mapping[str, AdaptedLinear], count: int) -> None:
        self.modules, self.count = modules, count

    def initialise(self, adapter: int, generator: torch.Generator) -> None:
        """Give an adapter the weights that it starts from: none in effect, as peft does.

        ``down`` is uniform within 1 / sqrt(inputs), which is Kaiming's for a = sqrt(5); ``up`` is zero.
        """
        with torch.no_grad():
            for module in self.modules.values():
                width = module.down.shape[-1]
                drawn = torch.rand(module.down.shape[1:], generator=generator) * 2 - 1
                module.down[adapter] = drawn / width**0.5
                module.up[adapter] = 0

    def put(self, adapter: int, weights: AdapterWeights) -> None:
        """Give an adapter its weights."""
        with torch.no_grad():
            for name, module in self.modules.items():
                module.down[adapter] = weights.down[name]
                module.up[adapter] = weights.up[name]

    def weights(self, adapter: int) -> AdapterWeights:
        """Return a copy of an adapter's weights."""
        modules = self.modules.items()
        return AdapterWeights(
            {name: module.down[adapter].detach().cpu().clone() for name, module in modules},
            {name: module.up[adapter].detach().cpu().clone() for name, module in modules},
        )

    def parameters_of(self, adapter: int) -> list[nn.Parameter]:
        """Return an adapter's own parameters, in the memory of the shared ones.

        An optimizer steps them as it would step those of an adapter alone. Gradients are made for the
        shared tensors; :meth:`share_gradients` lets these see them.
        """
        shared = (tensor for module in self.modules.values() for tensor in (module.down, module.up))
        return [nn.Parameter(tensor.data[adapter]) for tensor in shared]

    def share_gradients(self, own: Sequence[Sequence[nn.Parameter]]) -> None:
        """Let every adapter's own parameters have the gradients of the shared ones.

        Parameters
        ----------
        own : for each adapter what :meth:`parameters_of` returned
        """
        shared = [tensor for module in self.modules.values() for tensor in (module.down, module.up)]
        for adapter, parameters in enumerate(own):
            for parameter, tensor in zip(parameters, shared, strict=True):
                parameter.grad = None if tensor.grad is None else tensor.grad[adapter]

    def zero_gradients(self) -> None:
        """Forget the gradients."""
        for module in self.modules.values():
            module.down.grad = module.up.grad = None

    def use_dropout(self, dropout: AdapterDropout | None) -> None:
        """Drop inputs of the updates in training; None stops it."""
        for module in self.modules.values():
            module.dropout = dropout


@contextmanager
def attached(loaded: LoadedModel, shape: AdapterShape, count: int) -> Iterator[AdapterBank]:
    """Attach adapters to a model; it is as before when the block ends.

    Raises
    ------
    InstrumentError
        The model has none of the projections.
    """
    replaced: dict[str, tuple[nn.Module, str, nn.Linear]] = {}
    for path, module in loaded.model.named_modules():
        for name, child in module.named_children():
            if name in shape.projections and isinstance(child, nn.Linear):
                replaced[f"{path}.{name}" if path else name] = (module, name, child)
    missing = set(shape.projections) - {name for _, name, _ in replaced.values()}
    if missing:
        raise InstrumentError(
            f"adapter.projections: expected linear modules of {loaded.base.name}, "
            f"which has no {', '.join(sorted(missing))}"
        )
    loaded.model.requires_grad_(False)
    bank = AdapterBank(
        {
            path: AdaptedLinear(child, count, shape, place)
            for place, (path, (_, _, child)) in enumerate(replaced.items())
        },
        count,
    )
    try:
        for path, (parent, name, _) in replaced.items():
            setattr(parent, name, bank.modules[path])
        yield bank
    finally:
        for parent, name, child in replaced.values():
            setattr(parent, name, child)
