"""Adapters as files in PEFT's own format: a configuration in JSON and weights as safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from marker_coupling.adapters import AdapterWeights
from marker_coupling.base_model import BaseModel
from marker_coupling.instrument import AdapterFileError
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.recipe import AdapterShape

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
#: Beside what PEFT reads; an adapter that others saved has no such file.
MADE_FOR = "base_model.json"
#: Settings of PEFT that change what an adapter computes, with the only value that is understood here.
_PLAIN: dict[str, Any] = {
    "use_dora": False, "bias": "none", "modules_to_save": None, "rank_pattern": {}, "alpha_pattern": {},
    "fan_in_fan_out": False, "lora_bias": False,
}  # fmt: skip


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
    tensors = {f"{_PREFIX}{name}.lora_A.weight": tensor.contiguous() for name, tensor in weights.down.items()}
    tensors |= {f"{_PREFIX}{name}.lora_B.weight": tensor.contiguous() for name, tensor in weights.up.items()}
    # Several metadata would come in any order, and the same adapter shall have the same bytes.
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    made_for = {"name": base.name, "fingerprint": base.fingerprint}
    (folder / MADE_FOR).write_text(json.dumps(made_for, indent=1), encoding="utf-8")


def read_adapter_shape(folder: Path) -> AdapterShape:
    """Read what a saved adapter consists of.

    Raises
    ------
    AdapterFileError
        The file is missing or broken, or the adapter is no plain LoRA.
    """
    path = folder / CONFIG
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if config.get("peft_type") != "LORA":
            raise AdapterFileError(
                f"{path}: key peft_type: expected LORA, got {config.get('peft_type')!r:.40}"
            )
        for key, plain in _PLAIN.items():
            if config.get(key, plain) not in (plain, None):
                raise AdapterFileError(f"{path}: key {key}: expected {plain!r}, got {config[key]!r:.40}")
        return AdapterShape(
            rank=int(config["r"]),
            alpha=float(config["lora_alpha"]),
            rank_stabilised=bool(config.get("use_rslora", False)),
            dropout=float(config.get("lora_dropout", 0.0)),
            projections=tuple(config["target_modules"]),
        )
    except OSError as error:
        raise AdapterFileError(f"{path}: expected an adapter's configuration: {error.strerror}") from error
    except AdapterFileError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AdapterFileError(f"{path}: expected PEFT's configuration of a LoRA adapter: {error}") from error


def read_adapter(folder: Path, loaded: LoadedModel) -> AdapterWeights:
    """Read the weights of a saved adapter, checked to fit a model.

    Raises
    ------
    AdapterFileError
        The file is missing or broken, or the adapter belongs to another base model.
    """
    shape, path = read_adapter_shape(folder), folder / WEIGHTS
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AdapterFileError(f"{path}: expected an adapter's weights: {error}") from error
    _check_base(folder / MADE_FOR, loaded.base)
    modules = {
        name: module
        for name, module in loaded.model.named_modules()
        if name.rpartition(".")[2] in shape.projections and isinstance(module, torch.nn.Linear)
    }
    down, up = {}, {}
    for name, module in modules.items():
        down[name] = _tensor(path, tensors, f"{name}.lora_A", (shape.rank, module.in_features))
        up[name] = _tensor(path, tensors, f"{name}.lora_B", (module.out_features, shape.rank))
    if tensors or not modules:
        surplus = next(iter(tensors), "weights")
        raise AdapterFileError(f"{path}: expected modules of {loaded.base.name} only, got {surplus}")
    return AdapterWeights(down, up)


def _check_base(path: Path, base: BaseModel) -> None:
    if not path.exists():
        return
    try:
        made_for = json.loads(path.read_text(encoding="utf-8"))
        name, fingerprint = str(made_for["name"]), str(made_for["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdapterFileError(f"{path}: expected name and fingerprint of a base model: {error}") from error
    if fingerprint != base.fingerprint:
        raise AdapterFileError(
            f"{path}: expected an adapter for {base.name} ({base.fingerprint:.12}), "
            f"got one for {name} ({fingerprint:.12})"
        )


def _tensor(path: Path, tensors: dict[str, torch.Tensor], name: str, shape: tuple[int, int]) -> torch.Tensor:
    found = tensors.pop(f"{_PREFIX}{name}.weight", None)
    if found is None:
        raise AdapterFileError(f"{path}: expected {name}, as the base model has that module")
    if found.shape != shape:
        raise AdapterFileError(
            f"{path}: {name}: expected shape {shape}, as the base model has it, got {tuple(found.shape)}"
        )
    return found
