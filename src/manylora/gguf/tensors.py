"""The tensors of a GGUF file, held against the model that transformers makes of its settings.

This is known before any number is read. A file that says one thing and holds another would otherwise be felt
as memory that no machine has.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import gguf

from manylora.errors import BaseModelError
from manylora.gguf.header import GgufHeader
from manylora.models.model_files import check_weights


def check_tensors(file: Path, header: GgufHeader, model: Any, understood: Collection[str] = ()) -> None:
    """Check that every number of a file's tensors is one of the model's, and every one of these is there.

    Parameters
    ----------
    model : what transformers makes of the settings; its weights need no memory
    understood : tensors that are settings rather than weights, and have been taken as such

    Raises
    ------
    BaseModelError
        A tensor is missing, of another size, or none of the model's.
    """
    weights: dict[int, tuple[str, int]] = {}  # tied ones count once
    for name, tensor in model.state_dict(keep_vars=True).items():
        weights.setdefault(id(tensor), (name, tensor.numel()))
    names = _names(header, model)
    # Weights without a name are made of several tensors, or called otherwise; the sum tells.
    known = {names[weight]: (weight, numbers) for weight, numbers in weights.values() if weight in names}
    for name, (_, numbers) in known.items():
        if name in header.tensors and (given := header.tensors[name].numbers) != numbers:
            expected = f"expected {numbers:,} numbers, as the model has by the settings, got {given:,}"
            raise BaseModelError(f"{file}: tensor {name}: {expected}")
    missing = [weight for name, (weight, _) in known.items() if name not in header.tensors]
    check_weights(file, {"missing_keys": missing})
    others = {name: tensor for name, tensor in header.tensors.items() if name not in understood}
    total, given = sum(numbers for _, numbers in weights.values()), sum(t.numbers for t in others.values())
    if total != given:
        unknown = next((name for name in others if name not in known), None)
        hint = f"; transformers passes over tensor {unknown:.80}" if unknown else ""
        expected = f"expected {total:,} numbers in its tensors, as many as the model has, got {given:,}"
        raise BaseModelError(f"{file}: {expected}{hint}")


def _names(header: GgufHeader, model: Any) -> dict[str, str]:
    """Return the file's names of a model's weights, of those that have a name of their own there."""
    architecture = header.settings["general.architecture"]
    number = next((number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture), None)
    if number is None:
        return {}
    name_map = gguf.get_tensor_name_map(number, model.config.get_text_config().num_hidden_layers)
    names = {}
    for weight in model.state_dict():
        name = name_map.get_name(weight, try_suffixes=(".weight", ".bias"))
        if name is not None:  # experts that are one weight together have no suffix to keep
            names[weight] = name if weight.endswith((".weight", ".bias")) else f"{name}.weight"
    return names
