"""The modules of a model that PEFT adapts, by PEFT itself: on a copy without numbers, which costs little."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

from torch import nn


def peft_module_names(model: Any, projections: Sequence[str]) -> frozenset[str]:
    """Return the names of the modules that ``PeftModel.from_pretrained`` adapts.

    For some architectures that is not every linear module of a name: where experts' weights lie in one tensor,
    PEFT takes ``gate_proj`` for theirs, and leaves out shared experts' linear modules of that name.

    Parameters
    ----------
    model : of transformers; stays as it is
    projections : names as in a saved adapter's ``target_modules``

    Raises
    ------
    ValueError
        PEFT does not adapt such modules.
    """
    from peft import LoraConfig, get_peft_model
    from peft.tuners.lora import LoraLayer

    config = LoraConfig(task_type="CAUSAL_LM", r=1, target_modules=sorted(projections))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted: Any = get_peft_model(_without_numbers(model), config, low_cpu_mem_usage=True)
    modules = adapted.get_base_model().named_modules()
    return frozenset(name for name, module in modules if isinstance(module, LoraLayer))


def _without_numbers(model: Any) -> Any:
    known: dict[int, Any] = {
        id(one): nn.Parameter(one.to("meta"), requires_grad=False) for one in model.parameters()
    }
    known |= {id(one): one.to("meta") for one in model.buffers()}
    return copy.deepcopy(model, known)
