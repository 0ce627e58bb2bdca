"""Train, sample and score many LoRA adapters on one frozen base model at once, as PEFT would one by one.

Knows token ids and chats; no personas, markers or stores. Names are imported when they are first used, so
that ``import manylora`` takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manylora.adapters.adapted_modules import UnadaptedModulesWarning
    from manylora.adapters.adapter_bank import AdapterWeights
    from manylora.adapters.adapter_files import read_adapter_shape
    from manylora.chats.chat import Chat, TokenizedChat
    from manylora.config import AdapterShape, Optimization
    from manylora.engine import Engine
    from manylora.errors import (
        AdapterFileError,
        BaseModelError,
        ManyLoraError,
        NotEnoughMemoryError,
        TrainingDivergedError,
    )
    from manylora.models.base_model import BaseModel
    from manylora.models.loaded_model import LoadedModel
    from manylora.sampling.sampling_requests import Completion, Request, Sampling
    from manylora.training.training import TrainedAdapter, TrainingTask

_NAMES = {
    "adapters.adapted_modules": "UnadaptedModulesWarning",
    "adapters.adapter_bank": "AdapterWeights",
    "adapters.adapter_files": "read_adapter_shape",
    "chats.chat": "Chat TokenizedChat",
    "config": "AdapterShape Optimization",
    "engine": "Engine",
    "errors": "AdapterFileError BaseModelError ManyLoraError NotEnoughMemoryError TrainingDivergedError",
    "models.base_model": "BaseModel",
    "models.loaded_model": "LoadedModel",
    "sampling.sampling_requests": "Completion Request Sampling",
    "training.training": "TrainedAdapter TrainingTask",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = [
    "AdapterFileError", "AdapterShape", "AdapterWeights", "BaseModel", "BaseModelError", "Chat", "Completion",
    "Engine", "LoadedModel", "ManyLoraError", "NotEnoughMemoryError", "Optimization", "Request", "Sampling",
    "TokenizedChat", "TrainedAdapter", "TrainingDivergedError", "TrainingTask", "UnadaptedModulesWarning",
    "read_adapter_shape",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
