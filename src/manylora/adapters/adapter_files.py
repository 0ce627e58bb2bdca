"""Adapters as files in PEFT's own format: a configuration in JSON and weights as safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from guarded_files import read_json
from manylora.adapters.adapter_bank import AdapterWeights
from manylora.adapters.adapter_config import CONFIG, MOST_BYTES, read_adapter_config
from manylora.adapters.peft_modules import PREFIX
from manylora.config import AdapterShape
from manylora.errors import AdapterFileError
from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel

WEIGHTS = "adapter_model.safetensors"
_DOWN, _UP = "lora_A.weight", "lora_B.weight"
#: Beside what PEFT reads; an adapter that others saved has no such file.
MADE_FOR = "base_model.json"


def save_adapter(folder: Path, weights: AdapterWeights, shape: AdapterShape, base: BaseModel) -> None:
    """Write an adapter so that ``PeftModel.from_pretrained`` loads it."""
    from peft import LoraConfig

    folder.mkdir(parents=True, exist_ok=True)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=base.name,
        r=shape.rank,
        lora_alpha=shape.alpha,  # type: ignore[arg-type]
        use_rslora=shape.rank_stabilised,
        lora_dropout=shape.dropout,
        target_modules=sorted(shape.projections),
        inference_mode=True,
    )
    # Sets of names have no order of their own, and the same adapter shall have the same bytes.
    settings: dict[str, Any] = config.to_dict()  # type: ignore[no-untyped-call]
    content = {key: sorted(value) if isinstance(value, set) else value for key, value in settings.items()}
    (folder / CONFIG).write_text(json.dumps(content, indent=2, sort_keys=True, default=str), encoding="utf-8")
    tensors = {
        f"{PREFIX}{name}.{half}": tensor.contiguous()
        for half, by_name in ((_DOWN, weights.down), (_UP, weights.up))
        for name, tensor in by_name.items()
    }
    # Several metadata would come in any order, and the same adapter shall have the same bytes.
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    if base.fingerprint:
        made_for = {"name": base.name, "fingerprint": base.fingerprint}
        (folder / MADE_FOR).write_text(json.dumps(made_for, indent=1), encoding="utf-8")


def read_adapter_shape(folder: Path) -> AdapterShape:
    """Read what a saved adapter consists of.

    Its projections are the last names of modules where the configuration says no more than these. Where it
    says more, such as a pattern or some layers alone, they are the full names of the modules in its weights.

    Raises
    ------
    AdapterFileError
        A file is missing or broken, or the adapter is no plain LoRA.
    """
    config = read_adapter_config(folder)
    modules: list[str] = []
    projections, path = config.last_names, folder / WEIGHTS
    if projections is None or config.rank_pattern or config.alpha_pattern:
        modules = sorted({_half_of(path, name)[0] for name in _read(path, names_only=True)})
    rank, alpha = config.rank_and_alpha(modules)
    projections = projections or tuple(modules)
    return AdapterShape(rank, alpha, config.rank_stabilised, config.dropout, projections)


def read_adapter(folder: Path, loaded: LoadedModel) -> AdapterWeights:
    """Read the weights of a saved adapter, checked to fit a model.

    Where adapters are is what the weights say, and the configuration has to say the same.

    Raises
    ------
    AdapterFileError
        A file is missing or broken, the adapter is no plain LoRA, or it belongs to another base model.
    """
    config, path = read_adapter_config(folder), folder / WEIGHTS
    tensors = _read(path)
    _check_base(folder / MADE_FOR, loaded.base)
    model = dict(loaded.model.named_modules())
    linear = {name: module for name, module in model.items() if isinstance(module, torch.nn.Linear)}
    down: dict[str, torch.Tensor] = {}
    up: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        module, half = _half_of(path, name, loaded.base.name)
        if module not in linear:
            raise AdapterFileError(f"{path}: expected modules of {loaded.base.name} only, got {name:.120}")
        (down if half == _DOWN else up)[module] = tensor
    given = [module for module in linear if module in down or module in up]
    if not given:
        raise AdapterFileError(f"{path}: expected modules of {loaded.base.name} only, got no weights")
    named = config.adapted(loaded.model)
    if unnamed := [module for module in given if module not in named]:
        raise AdapterFileError(f"{path}: expected modules that {CONFIG} names only, got {unnamed[0]:.120}")
    rank, _ = config.rank_and_alpha(given)
    for module in model:
        if module in named:
            # One that is not linear has neither weights here nor sizes.
            outputs, inputs = linear[module].weight.shape if module in linear else (0, 0)
            _check_half(path, f"{module}.lora_A", down.get(module), (rank, inputs))
            _check_half(path, f"{module}.lora_B", up.get(module), (outputs, rank))
    return AdapterWeights({name: down[name] for name in given}, {name: up[name] for name in given})


def _read(path: Path, names_only: bool = False) -> dict[str, torch.Tensor]:
    """Read an adapter's tensors as float32, or their names alone."""
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            if names_only:
                return dict.fromkeys(names, torch.empty(0))
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise AdapterFileError(f"{path}: expected an adapter's weights: {error}") from error
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            got = tensor.dtype
            raise AdapterFileError(f"{path}: {name:.120}: expected floating-point numbers, got {got}")
    return {name: tensor.float() for name, tensor in tensors.items()}


def _half_of(path: Path, name: str, base: str = "a base model") -> tuple[str, str]:
    """Return the module that a tensor belongs to, and which half of its update it is."""
    for half in (_DOWN, _UP):
        if name.startswith(PREFIX) and name.endswith(f".{half}"):
            return name[len(PREFIX) : -len(half) - 1], half
    raise AdapterFileError(f"{path}: expected modules of {base} only, got {name:.120}")


def _check_half(path: Path, name: str, half: torch.Tensor | None, shape: tuple[int, int]) -> None:
    if half is None:
        raise AdapterFileError(f"{path}: expected {name}, as the base model has that module")
    if half.shape != shape:
        got = tuple(half.shape)
        raise AdapterFileError(f"{path}: {name}: expected shape {shape}, as the base model has it, got {got}")


def _check_base(path: Path, base: BaseModel) -> None:
    if not base.fingerprint or not path.exists():
        return
    made_for: Any = read_json(path, MOST_BYTES, AdapterFileError)
    try:
        name, fingerprint = str(made_for["name"]), str(made_for["fingerprint"])
    except (KeyError, TypeError) as error:
        raise AdapterFileError(f"{path}: expected name and fingerprint of a base model: {error}") from error
    if fingerprint != base.fingerprint:
        expected = f"expected an adapter for {base.name} ({base.fingerprint:.12})"
        raise AdapterFileError(f"{path}: {expected}, got one for {name} ({fingerprint:.12})")
