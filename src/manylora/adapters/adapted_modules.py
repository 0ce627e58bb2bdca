"""The linear modules of a model that adapters are for, checked before anything is trained."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from manylora.adapters.peft_modules import modules_loaded_by_peft
from manylora.adapters.text_modules import learning_modules
from manylora.errors import ManyLoraError, reworded
from manylora.models.loaded_model import LoadedModel

#: Names that a message lists at most.
_LISTED = 24


class UnadaptedModulesWarning(UserWarning):
    """Modules with a projection's name that text does not teach, as a vision tower's, have no adapter."""


def adapted_modules(loaded: LoadedModel, projections: Sequence[str]) -> Mapping[str, nn.Linear]:
    """Return the modules that adapters are for, by name, in the model's order.

    They are those that PEFT adapts, less those on which no logits of a text depend: PEFT leaves these as they
    start, and a ``UnadaptedModulesWarning`` names them.

    Parameters
    ----------
    projections : ends of modules' names, as PEFT reads them

    Raises
    ------
    ManyLoraError
        A projection is missing, not linear, the output embedding, of another type than the model computes
        in, or given something else than the tokens of a batch in their order, as routed experts are; or PEFT,
        with which others load adapters, would load other modules.
    """
    known, wanted = loaded.known_projections, tuple(projections)
    if wanted not in known:
        # Gradients are needed, also where none are going to be made.
        with torch.inference_mode(mode=False):
            named = _named(loaded, wanted)
            modules = _learning(loaded, named, wanted)
            _check_with_peft(loaded, modules, _saved(wanted, named, modules))
        known[wanted] = modules
    return known[wanted]


def saved_projections(loaded: LoadedModel, projections: Sequence[str]) -> tuple[str, ...]:
    """Return names for which PEFT adapts the modules of :func:`adapted_modules` and no others."""
    modules = adapted_modules(loaded, projections)
    return _saved(projections, _named(loaded, projections), modules)


def _saved(
    projections: Sequence[str], named: Mapping[str, nn.Linear], modules: Mapping[str, nn.Linear]
) -> tuple[str, ...]:
    return tuple(projections if len(modules) == len(named) else modules)


def is_named(name: str, projection: str) -> bool:
    """Tell if a module's whole name ends in a projection, as PEFT reads ``target_modules``."""
    return name == projection or name.endswith(f".{projection}")


def _expected(loaded: LoadedModel, what: str) -> str:
    return f"projections: expected linear modules of {loaded.base.name}, {what}"


def _wrong(loaded: LoadedModel, what: str) -> ManyLoraError:
    return ManyLoraError(_expected(loaded, what))


def _named(loaded: LoadedModel, projections: Sequence[str]) -> dict[str, nn.Linear]:
    """Return linear modules with such names."""
    head = loaded.model.get_output_embeddings()
    named: dict[str, nn.Linear] = {}
    others: dict[str, str] = {}
    for name, module in loaded.model.named_modules():
        for projection in projections:
            if is_named(name, projection) and isinstance(module, nn.Linear):
                named[name] = module
            elif is_named(name, projection):
                others[projection] = type(module).__name__
    missing = sorted(end for end in projections if not any(is_named(name, end) for name in named))
    if missing:
        absent = ", ".join(end for end in missing if end not in others)
        faults = [f"which has no {absent}"] if absent else []
        faults += [f"whose {end} is a {others[end]}" for end in missing if end in others]
        modules = loaded.model.named_modules()
        linear = [name for name, module in modules if isinstance(module, nn.Linear) and module is not head]
        names = sorted({name.rpartition(".")[2] for name in linear})
        listed = ", ".join(names[:_LISTED] + ["..."] * (len(names) > _LISTED)) or "none"
        raise _wrong(loaded, f"{', '.join(faults)}; it has {listed}")
    for name, module in named.items():
        if module is head:
            raise _wrong(loaded, f"whose {name} is the output embedding, which is not adapted here")
        if module.weight.dtype != loaded.dtype:
            type_name = str(module.weight.dtype).removeprefix("torch.")
            raise _wrong(loaded, f"with weights in {loaded.precision}, got {type_name} in {name}")
    return named


def _learning(
    loaded: LoadedModel, named: Mapping[str, nn.Linear], projections: Sequence[str]
) -> dict[str, nn.Linear]:
    """Return the modules whose adapters text teaches, and warn of the others."""
    passed = _expected(loaded, "through which gradients pass")
    with reworded(ManyLoraError, passed, torch.OutOfMemoryError, names_type=True):
        learning = learning_modules(loaded, named)
    for projection in projections:
        names = [name for name in named if is_named(name, projection)]
        if learning.isdisjoint(names):
            raise _wrong(loaded, f"whose {names[0]} learns nothing from text, like all its {projection}")
    left_out = [name for name in named if name not in learning]
    if left_out:
        warnings.warn(
            f"{loaded.base.name}: {len(left_out)} of {len(named)} modules have no adapter, as text does not "
            f"teach them, such as {left_out[0]}",
            UnadaptedModulesWarning,
            stacklevel=3,
        )
    return {name: module for name, module in named.items() if name in learning}


def _check_with_peft(
    loaded: LoadedModel, modules: Mapping[str, nn.Linear], projections: Sequence[str]
) -> None:
    with reworded(ManyLoraError, _expected(loaded, "which PEFT can adapt"), names_type=True):
        adapted, filled = modules_loaded_by_peft(loaded.model, projections, modules)
    surplus, lacking = sorted(adapted - set(modules)), sorted(set(modules) - filled)
    faults = [f"adapt {name} as well" for name in surplus[:1]]
    faults += [f"leave {name} out" for name in lacking[:1]]
    if faults:
        would = " and ".join(faults)
        raise _wrong(loaded, f"that PEFT loads as they are trained; it would {would}: choose others")
