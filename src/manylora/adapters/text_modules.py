"""Modules that text passes on its way through a model, and the order in which they are given its tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import nn

from manylora.errors import ManyLoraError
from manylora.models.labelled_logits import labelled_logits
from manylora.models.loaded_model import LoadedModel

#: Tokens of each of the two sequences that are run.
_LENGTH = 5


def learning_modules(loaded: LoadedModel, modules: Mapping[str, nn.Linear]) -> frozenset[str]:
    """Return the names of modules on whose outputs logits of a text depend, so that an adapter learns.

    A vision tower's are not among them, nor those that only choose what is attended to.

    Raises
    ------
    ManyLoraError
        One is given other positions than the tokens of a batch, as routed experts are, or returns something
        else than an output for each.
    """
    tokens = loaded.probe_tokens(2 * _LENGTH)
    first, second = tokens[:_LENGTH], tokens[_LENGTH:]
    # A change of a module's output, none in effect, with a gradient if logits depend on it.
    changes = {name: torch.zeros((), requires_grad=True, device=loaded.device) for name in modules}
    # No gradient passes weights that were made in inference mode; nothing is going to be trained there.
    has_gradients = not any(weight.is_inference() for weight in loaded.model.parameters())
    with torch.set_grad_enabled(has_gradients):
        together, logits = _run(loaded, modules, [first, second], changes)
        learning = set(together)
        if logits.requires_grad:
            gradients = torch.autograd.grad(logits.float().sum(), list(changes.values()), allow_unused=True)
            learning = {name for name, slope in zip(changes, gradients, strict=True) if slope is not None}
        elif has_gradients:
            learning = set()
    with torch.no_grad():
        alone, _ = _run(loaded, modules, [first], changes)
    for name, calls in together.items():
        if len(calls) != len(alone[name]) or not all(map(_in_order, calls, alone[name])):
            raise _out_of_order(loaded, name)
    return frozenset(learning)


def _run(
    loaded: LoadedModel, modules: Mapping[str, nn.Linear], sequences: Sequence[Sequence[int]],
    changes: Mapping[str, torch.Tensor],
) -> tuple[dict[str, list[torch.Tensor]], torch.Tensor]:  # fmt: skip
    """Return the modules' inputs, call by call, and the logits of all tokens."""
    given: dict[str, list[torch.Tensor]] = defaultdict(list)

    def record(name: str, module: nn.Linear, inputs: tuple[torch.Tensor, ...], output: Any) -> torch.Tensor:
        expected = (*inputs[0].shape[:-1], module.out_features)
        if not isinstance(output, torch.Tensor) or output.shape != expected:
            raise _out_of_order(loaded, name)
        given[name].append(inputs[0].detach().float())
        return output + changes[name].to(output.dtype)

    ids = torch.tensor(sequences, device=loaded.device)
    with ExitStack() as hooks:
        for name, module in modules.items():
            hooks.enter_context(module.register_forward_hook(partial(record, name)))
        return given, labelled_logits(loaded, ids, torch.arange(ids.numel(), device=loaded.device))


def _out_of_order(loaded: LoadedModel, name: str) -> ManyLoraError:
    return ManyLoraError(
        f"projections: expected linear modules of {loaded.base.name}, whose {name} maps something else than "
        "the tokens of a batch, or not to one output each, as an expert or a router does"
    )


def _in_order(together: torch.Tensor, alone: torch.Tensor) -> bool:
    """Tell if the inputs of two sequences are those of the first and then those of the second."""
    if together.shape[:-1].numel() != 2 * _LENGTH or alone.shape[:-1].numel() != _LENGTH:
        return False
    first, second = together.reshape(2, _LENGTH, -1)
    # Far nearer to its own than to the other's; rounding moves it a little.
    return bool((first - alone.reshape(_LENGTH, -1)).norm() <= 0.5 * (first - second).norm())
