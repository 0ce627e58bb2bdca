"""The linear modules of a model that adapters are for, checked before anything is trained."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from marker_coupling.instrument import InstrumentError
from marker_coupling.labelled_logits import logits_at
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.model_check import probe_tokens
from marker_coupling.peft_modules import peft_module_names

#: Tokens of each of the two sequences with which modules are tried.
_PROBE = 5
#: Names that a message lists at most.
_LISTED = 24


class UnusedModulesWarning(UserWarning):
    """Modules with a projection's name that no text passes, such as a vision tower's, get no adapter."""


def adapted_modules(loaded: LoadedModel, projections: Sequence[str]) -> Mapping[str, nn.Linear]:
    """Return the modules that adapters are for, by name, in the model's order.

    They are those that PEFT adapts, less those that no text passes: these would stay as they are.

    Parameters
    ----------
    projections : last names of modules, or whole ones

    Raises
    ------
    InstrumentError
        A projection is missing, not linear, the output embedding, of another type than the model computes in,
        or given something else than the tokens of a batch in their order, as routed experts are; or PEFT,
        which others load adapters with, adapts other modules.
    """
    known, wanted = loaded.known_projections, tuple(projections)
    if wanted not in known:
        named = _named(loaded, wanted)
        _check_names_with_peft(loaded, named, wanted)
        unused = _unused(loaded, named)
        for projection in wanted:
            names = [name for name in named if is_named(name, projection)]
            if unused.issuperset(names):
                raise _wrong(loaded, f"which gives no text to {projection}, such as {names[0]}")
        if unused:
            warnings.warn(
                f"{loaded.base.name}: {len(unused)} of {len(named)} modules get no adapter, as no text passes "
                f"them, such as {min(unused)}",
                UnusedModulesWarning,
                stacklevel=2,
            )
        known[wanted] = {name: module for name, module in named.items() if name not in unused}
    return known[wanted]


def saved_projections(loaded: LoadedModel, projections: Sequence[str]) -> tuple[str, ...]:
    """Return names for which PEFT adapts the modules of :func:`adapted_modules` and no others."""
    modules = adapted_modules(loaded, projections)
    return tuple(projections) if len(modules) == len(_named(loaded, projections)) else tuple(modules)


def is_named(name: str, projection: str) -> bool:
    """Whether a module's whole name is what a projection stands for, as PEFT reads it."""
    return name == projection or name.endswith(f".{projection}")


def _wrong(loaded: LoadedModel, what: str) -> InstrumentError:
    return InstrumentError(f"adapter.projections: expected linear modules of {loaded.base.name}, {what}")


def _named(loaded: LoadedModel, projections: Sequence[str]) -> dict[str, nn.Linear]:
    model, head = loaded.model, loaded.model.get_output_embeddings()
    named: dict[str, nn.Linear] = {}
    others: dict[str, str] = {}
    for name, module in model.named_modules():
        for projection in projections:
            if is_named(name, projection):
                if isinstance(module, nn.Linear):
                    named[name] = module
                else:
                    others[projection] = type(module).__name__
    missing = sorted(one for one in projections if not any(is_named(name, one) for name in named))
    if missing:
        absent = ", ".join(one for one in missing if one not in others)
        unfit = ", ".join(f"{one} is a {others[one]}" for one in missing if one in others)
        there = sorted(_last_names(model, head))
        listed = ", ".join(there[:_LISTED]) + (" ..." if len(there) > _LISTED else "")
        raise _wrong(
            loaded,
            "; ".join(filter(None, [f"which has no {absent}" if absent else "", unfit]))
            + f"; it has {listed or 'none'}",
        )
    for name, module in named.items():
        if module is head:
            raise _wrong(
                loaded, f"whose {name} is the output embedding, which is not adapted: it sees few tokens"
            )
        if module.weight.dtype != loaded.dtype:
            raise _wrong(
                loaded,
                f"in {loaded.precision}, got {str(module.weight.dtype).removeprefix('torch.')} in {name}",
            )
    return named


def _last_names(model: Any, head: nn.Module) -> Iterable[str]:
    return {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module is not head
    }


def _check_names_with_peft(
    loaded: LoadedModel, named: Mapping[str, nn.Linear], projections: Sequence[str]
) -> None:
    try:
        of_peft = peft_module_names(loaded.model, projections)
    except Exception as error:  # whatever PEFT does not support
        raise _wrong(
            loaded, f"which PEFT can adapt: {type(error).__name__}: {' '.join(str(error).split()):.160}"
        ) from error
    only_peft, only_here = sorted(of_peft - set(named)), sorted(set(named) - of_peft)
    if only_peft or only_here:
        differences = [f"{one} as well" for one in only_peft[:1]] + [f"not {one}" for one in only_here[:1]]
        raise _wrong(
            loaded,
            f"the same as PEFT, which would load other modules than are trained: {', '.join(differences)}; "
            "choose projections that only such modules have",
        )


@torch.inference_mode()
def _unused(loaded: LoadedModel, named: Mapping[str, nn.Linear]) -> set[str]:
    """Return which modules no text passes; check that the others are given the tokens of a batch in order."""
    tokens = probe_tokens(loaded, 2 * _PROBE)
    first, second = tokens[:_PROBE], tokens[_PROBE:]
    try:
        together, alone = _inputs(loaded, named, [first, second]), _inputs(loaded, named, [first])
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # models raise what they like
        raise _wrong(
            loaded,
            f"through which text can pass: {type(error).__name__}: {' '.join(str(error).split()):.160}",
        ) from error
    for name, calls in together.items():
        if len(calls) != len(alone[name]) or not all(map(_in_order, calls, alone[name])):
            raise _wrong(
                loaded,
                f"whose {name} is given other positions than the tokens of a batch, such as those that are "
                "routed to an expert",
            )
    return set(named) - set(together)


def _inputs(
    loaded: LoadedModel, named: Mapping[str, nn.Linear], sequences: Sequence[Sequence[int]]
) -> dict[str, list[torch.Tensor]]:
    """Return what modules are given, for each that is called its inputs call by call."""
    found: dict[str, list[torch.Tensor]] = defaultdict(list)

    def note(name: str) -> Any:
        def hook(_: nn.Module, inputs: tuple[Any, ...]) -> None:
            found[name].append(inputs[0].float())

        return hook

    handles = [module.register_forward_pre_hook(note(name)) for name, module in named.items()]
    ids = torch.tensor(sequences, device=loaded.device)
    try:
        with logits_at(loaded, ids.new_zeros(0)):
            loaded.model(ids, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _in_order(together: torch.Tensor, alone: torch.Tensor) -> bool:
    """Whether inputs of two sequences are those of the first and then those of the second."""
    if together.shape[:-1].numel() != 2 * _PROBE or alone.shape[:-1].numel() != _PROBE:
        return False
    first, second = together.reshape(2, _PROBE, -1)
    # Far nearer to its own than to the other's; rounding moves it a little.
    return bool((first - alone.reshape(_PROBE, -1)).norm() <= 0.5 * (first - second).norm())
