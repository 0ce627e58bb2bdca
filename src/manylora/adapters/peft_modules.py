"""Modules into which PEFT loads a saved adapter, by PEFT itself on a copy of the model without weights."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

#: What PEFT puts before a module's name in a saved adapter.
PREFIX = "base_model.model."
_HALVES = ("lora_A", "lora_B")


def modules_loaded_by_peft(
    model: Any, projections: Sequence[str], modules: Mapping[str, nn.Linear]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules that ``PeftModel.from_pretrained`` adapts, and those that get their saved weights.

    For some architectures they are not the linear modules of these names: where experts' weights lie in one
    tensor, PEFT takes ``gate_proj`` for theirs and leaves out shared experts' modules of that name.

    Parameters
    ----------
    model : of transformers; stays as it is
    projections : a saved adapter's ``target_modules``
    modules : whose weights are saved, by name

    Raises
    ------
    ValueError
        PEFT does not adapt such modules.
    """
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from peft.tuners.lora import LoraLayer

    config = LoraConfig(task_type="CAUSAL_LM", r=1, target_modules=sorted(projections))
    # Numbers that tell where a module's weights go.
    state = {}
    for number, (name, module) in enumerate(modules.items()):
        state[f"{PREFIX}{name}.lora_A.weight"] = torch.full((1, module.in_features), float(number))
        state[f"{PREFIX}{name}.lora_B.weight"] = torch.full((module.out_features, 1), float(number))
    placed: dict[str, torch.Tensor] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted: Any = get_peft_model(_on_meta(model), config, low_cpu_mem_usage=True)
        # Instead of loading them, note under which names they would be.
        adapted.load_state_dict = lambda weights, **_: placed.update(weights)
        set_peft_model_state_dict(adapted, state, low_cpu_mem_usage=True)
    named = adapted.get_base_model().named_modules()
    filled = [
        name
        for number, name in enumerate(modules)
        if all(_holds(placed.pop(f"{PREFIX}{name}.{half}.default.weight", None), number) for half in _HALVES)
    ]
    return frozenset(name for name, module in named if isinstance(module, LoraLayer)), frozenset(filled)


def _holds(weight: torch.Tensor | None, number: int) -> bool:
    return weight is not None and bool((weight == number).all())


def _on_meta(model: Any) -> Any:
    """Return a copy of a model whose tensors have shapes alone."""
    copied: dict[int, Any] = {
        id(weight): nn.Parameter(weight.to("meta"), requires_grad=False) for weight in model.parameters()
    }
    copied |= {id(buffer): buffer.to("meta") for buffer in model.buffers()}
    return copy.deepcopy(model, copied)
