"""Many LoRA adapters on one frozen model: one large product, and two small batched ones for all adapters.

A batch holds the adapters' rows one after another, as many for each: rows 0 to n-1 pass through adapter 0,
rows n to 2n-1 through adapter 1. Every adapter computes what it would compute alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from manylora.adapters.adapted_modules import adapted_modules
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.config import AdapterShape
from manylora.errors import ManyLoraError
from manylora.models.loaded_model import LoadedModel

#: Precision of master weights, which are stepped and saved, whatever the base model computes in.
MASTER_DTYPE = torch.float32
#: Numbers that are copied from a GPU at once.
_PIECE = 1 << 24
#: Memory for adapters that are initialised at the same time.
_INITIALISATION_BYTES = 2 << 30


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
    down : (adapters, rank, inputs), in the precision of the base
    up : (adapters, outputs, rank)
    scaling : of the update
    index, name : among the adapted modules, and in the model
    """

    def __init__(
        self, base: nn.Linear, down: torch.Tensor, up: torch.Tensor, scaling: float, index: int, name: str
    ) -> None:
        super().__init__()
        self.base, self.scaling, self.index, self.name = base, scaling, index, name
        self.in_features, self.out_features = base.in_features, base.out_features
        self.down, self.up = nn.Parameter(down), nn.Parameter(up)
        self.dropout: AdapterDropout | None = None

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (..., inputs) to (..., outputs); positions are those of adapter 0, then as many of adapter 1.

        Raises
        ------
        ManyLoraError
            The positions are not those of the adapters' rows.
        """
        count, positions = len(self.down), inputs.shape[:-1].numel()
        dropped = None if self.dropout is None else self.dropout.token_keys.numel()
        if positions % count or (self.dropout is not None and self.dropout.share and dropped != positions):
            raise ManyLoraError(
                f"projections: {self.name}: expected the tokens of a batch, "
                f"{dropped or f'as many for each of {count} adapters'}, got {positions}"
            )
        grouped = inputs.reshape(count, -1, inputs.shape[-1])
        scaling = self.scaling
        if self.dropout is not None:
            grouped = self.dropout(grouped, self.index)
            scaling /= 1 - self.dropout.share
        low = torch.bmm(grouped, self.down.transpose(1, 2))
        output = self.base(inputs)
        grouped = output.reshape(count, -1, output.shape[-1])
        return torch.baddbmm(grouped, low, self.up.transpose(1, 2), alpha=scaling).view(output.shape)

    @property
    def weight(self) -> torch.Tensor:
        """The frozen module's, which some models read, for its type or beside calling the module."""
        return self.base.weight

    @property
    def bias(self) -> torch.Tensor | None:
        """The frozen module's."""
        return self.base.bias


class AdapterBank:
    """The adapters that are attached to a model.

    All weights lie in one tensor with a row for each adapter, of which the modules' are views, so that one
    operation casts them, steps them, or takes an adapter's norm. Where the base computes in bfloat16, so do
    its adapters, from weights that are kept, stepped and saved in float32, as under PyTorch's autocast.

    Parameters
    ----------
    modules : adapted modules by name, in the model's order
    master : (adapters, weights) float32
    compute : the same in the precision of the base; where that is float32, the same tensor
    """

    def __init__(
        self, modules: Mapping[str, AdaptedLinear], master: torch.Tensor, compute: torch.Tensor
    ) -> None:
        self.modules = modules
        self._master, self._compute = master, compute
        self._gradients = self._accumulated = torch.empty(0)

    def initialise(self, adapter: int, generator: torch.Generator) -> None:
        """Initialise an adapter as PEFT does: it starts as a no-op.

        ``down`` is uniform within 1 / sqrt(inputs), which is Kaiming's for a = sqrt(5); ``up`` is zero.
        """
        row = torch.zeros(1, self._master.shape[1])
        downs = [down for down, _ in self._halves(row)]
        sizes = [down.numel() for down in downs]
        # Threads that meet after every module take longer than the arithmetic.
        uniform = torch.empty(sum(sizes))
        for part in torch.split(uniform, sizes):
            torch.rand(part.shape, generator=generator, out=part)
        uniform.mul_(2).sub_(1)
        for down, part in zip(downs, torch.split(uniform, sizes), strict=True):
            torch.div(part.view(down.shape), down.shape[-1] ** 0.5, out=down)
        self._put(adapter, row[0])

    def initialise_all(self, seeds: Sequence[int]) -> None:
        """Initialise every adapter by a generator with its seed."""
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        # One generator draws on one core. Each holds its row twice.
        at_once = max(1, min(len(seeds), _INITIALISATION_BYTES // (2 * self._master[0].nbytes)))
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(self.initialise, range(len(seeds)), generators))

    def put(self, adapter: int, weights: AdapterWeights) -> None:
        """Give an adapter its weights."""
        halves = [half[name] for name in self.modules for half in (weights.down, weights.up)]
        self._put(adapter, pinned_cat(halves, self._master.device))

    def _put(self, adapter: int, row: torch.Tensor) -> None:
        with torch.no_grad():
            self._master[adapter] = row.to(self._master)
            self._compute[adapter] = self._master[adapter]

    def weights(self, adapter: int) -> AdapterWeights:
        """Return a copy of an adapter's weights."""
        halves = self._halves(to_host(self._master[adapter].detach())[None])
        named = list(zip(self.modules, halves, strict=True))
        return AdapterWeights(
            {name: down[0] for name, (down, _) in named}, {name: up[0] for name, (_, up) in named}
        )

    def begin_training(self) -> list[nn.Parameter]:
        """Return each adapter's weights as one parameter, (weights,), with the gradient that modules' make.

        An optimizer that treats every weight alone, as Adam does, steps it as it would an adapter's tensors.
        """
        self._gradients = torch.zeros_like(self._compute)
        self._accumulated = (
            self._gradients if self._compute is self._master else torch.zeros_like(self._master)
        )
        for module, (down, up) in zip(self.modules.values(), self._halves(self._gradients), strict=True):
            module.down.grad, module.up.grad = down, up
        parameters = [nn.Parameter(row) for row in self._master]
        for parameter, gradient in zip(parameters, self._accumulated, strict=True):
            parameter.grad = gradient
        return parameters

    def collect_gradients(self) -> None:
        """Accumulate the gradients of a backward pass; to be called after each."""
        if self._accumulated is not self._gradients:
            self._accumulated += self._gradients
            self._gradients.zero_()

    def zero_gradients(self) -> None:
        """Begin a step, or begin it again."""
        self._gradients.zero_()
        self._accumulated.zero_()

    def update_compute_weights(self) -> None:
        """Cast the master weights that an optimizer has stepped to those that passes compute with."""
        if self._compute is not self._master:
            self._compute.copy_(self._master)

    def use_dropout(self, dropout: AdapterDropout | None) -> None:
        """Drop inputs of the updates in training; None stops it."""
        for module in self.modules.values():
            module.dropout = dropout

    def _halves(self, rows: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        modules = list(self.modules.values())
        return _views(rows, modules, modules[0].down.shape[1])


def _views(
    rows: torch.Tensor, modules: Sequence[nn.Linear | AdaptedLinear], rank: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the parts of (adapters, weights) that are each module's: down and up."""
    shapes = [
        shape for module in modules for shape in ((rank, module.in_features), (module.out_features, rank))
    ]
    parts = torch.split(rows, [math.prod(shape) for shape in shapes], dim=1)
    halves = [part.view(len(rows), *shape) for part, shape in zip(parts, shapes, strict=True)]
    return list(zip(halves[::2], halves[1::2], strict=True))


def to_host(values: torch.Tensor) -> torch.Tensor:
    """Return a copy of (numbers,) in ordinary memory.

    From a GPU it is taken through a piece of pinned memory: a driver that writes to ordinary memory itself
    waits for every new page.
    """
    if not values.is_cuda:
        return values.clone()
    copied = torch.empty(values.shape, dtype=values.dtype)
    buffer = torch.empty(min(_PIECE, len(values)), dtype=values.dtype, pin_memory=True)
    for start in range(0, len(values), _PIECE):
        part = values[start : start + _PIECE]
        copied[start : start + _PIECE] = buffer[: len(part)].copy_(part)
    return copied


def pinned_cat(parts: Sequence[torch.Tensor], device: torch.device) -> torch.Tensor:
    """Return parts one after another, (numbers,), in memory from which they are copied to a device soon.

    For a GPU that is pinned memory, which PyTorch keeps for the next copy.
    """
    size, is_pinned = sum(part.numel() for part in parts), device.type == "cuda"
    whole = torch.empty(size, dtype=parts[0].dtype, pin_memory=is_pinned)
    return torch.cat([part.flatten() for part in parts], out=whole)


@contextmanager
def attached(loaded: LoadedModel, shape: AdapterShape, count: int) -> Iterator[AdapterBank]:
    """Attach adapters to a model; it is as before when the block ends.

    Raises
    ------
    ManyLoraError
        As :func:`adapted_modules`.
    """
    modules = adapted_modules(loaded, shape.projections)
    loaded.model.requires_grad_(False)
    linear = list(modules.values())
    size = sum(shape.rank * (module.in_features + module.out_features) for module in linear)
    master = torch.zeros(count, size, dtype=MASTER_DTYPE, device=linear[0].weight.device)
    compute = master if loaded.dtype == MASTER_DTYPE else torch.zeros_like(master, dtype=loaded.dtype)
    adapted = {
        name: AdaptedLinear(modules[name], down, up, shape.scaling, index, name)
        for index, (name, (down, up)) in enumerate(
            zip(modules, _views(compute, linear, shape.rank), strict=True)
        )
    }
    try:
        for name, module in adapted.items():
            loaded.model.set_submodule(name, module)
        yield AdapterBank(adapted, master, compute)
    finally:
        for name, child in modules.items():
            loaded.model.set_submodule(name, child)


@contextmanager
def with_adapters(
    loaded: LoadedModel, shape: AdapterShape, adapters: Sequence[AdapterWeights]
) -> Iterator[None]:
    """Attach adapters with their weights to a model; with none it computes as it is."""
    if not adapters:
        yield
    else:
        with attached(loaded, shape, len(adapters)) as bank:
            for index, weights in enumerate(adapters):
                bank.put(index, weights)
            yield
