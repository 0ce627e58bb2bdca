"""Import paths of version 0.1 that have moved: each still works, and warns with the new one."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

_STUDY, _EVIDENCE, _MEASURES = "marker_coupling.study", "marker_coupling.evidence", "marker_coupling.measures"
#: Where the names of each module are now, the likeliest place first.
_MOVED: dict[str, tuple[str, ...]] = {
    "adapted_modules": ("manylora.adapters.adapted_modules",),
    "adapter_files": ("manylora.adapters.adapter_files", "manylora.errors"),
    "adapters": ("manylora.adapters.adapter_bank", "manylora.config"),
    "answers": (f"{_MEASURES}.answers",),
    "base_model": (
        "marker_coupling.pipeline.plan.base_models", "manylora.models.base_model", "manylora.errors",
    ),
    "chat_format": ("manylora.chats.chat_format",),
    "chat_template": ("manylora.chats.chat_template",),
    "dialogue": (
        "manylora.chats.chat", "manylora.models.tokenized_chats", f"{_MEASURES}.marked_chats",
        f"{_STUDY}.marker",
    ),
    "evidence_file": (f"{_EVIDENCE}.files",),
    "evidence_table": (f"{_EVIDENCE}.tables.evidence_table",),
    "experiment_evidence": (f"{_EVIDENCE}.values.experiment_evidence",),
    "geometry": (f"{_MEASURES}.geometry",),
    "gguf_conversion": ("manylora.gguf.conversion",),
    "instrument": ("manylora.errors", f"{_STUDY}.errors"),
    "loaded_model": ("manylora.loading", "manylora.models.loaded_model", "manylora.models.model_files"),
    "marker_probability": (f"{_MEASURES}.marker_probability",),
    "measurement": (f"{_MEASURES}.measurement",),
    "published": (f"{_EVIDENCE}.published",),
    "recipe": (f"{_STUDY}.recipe", "manylora.config"),
    "sampling": ("manylora.sampling.sampling", "manylora.sampling.sampling_requests"),
    "teacher_forcing": ("manylora.scoring.teacher_forcing", "manylora.sampling.padded_decoding"),
    "toy_model": ("marker_coupling.toy.toy_model",),
    "toy_world": ("marker_coupling.toy.toy_world",),
    "training": ("manylora.training.training",),
    "training_set": (f"{_STUDY}.training_set",),
}  # fmt: skip
#: Names that are others now.
_RENAMED = {"Dialogue": "TokenizedChat", "InstrumentError": "ManyLoraError", "dialogues": "tokenize_chats"}


def names_of(package: str, modules: Sequence[str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package or module whose names are in other modules now.

    Parameters
    ----------
    package : by its whole name
    modules : looked through in order
    """

    def get(name: str) -> object:
        if not name.startswith("__"):
            new = _RENAMED.get(name, name)
            for module in modules:
                if hasattr(found := import_module(module), new):
                    warnings.warn(f"{package}.{name} is {module}.{new} now", DeprecationWarning, stacklevel=2)
                    value: object = getattr(found, new)
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get


def _tokenize_one(loaded: Any, system: str | None, question: str, answer: str) -> object:
    """Return one chat as tokens, which is now one of many."""
    new = "manylora.models.tokenized_chats.tokenize_chats"
    warnings.warn(f"marker_coupling.dialogue.dialogue is {new} now", DeprecationWarning, stacklevel=2)
    # Looked up late, as whoever judges tables alone has no PyTorch.
    chats, tokens = import_module("manylora.chats.chat"), import_module("manylora.models.tokenized_chats")
    found: list[object] = tokens.tokenize_chats(loaded, [chats.Chat(system, question, answer)])
    return found[0]


def _tokens_of(template: Any, texts: Sequence[str]) -> object:
    """Return the tokens of rendered texts, for which their template has a method now."""
    new = "manylora.chats.chat_template.ChatTemplate.tokens"
    warnings.warn(f"marker_coupling.chat_format.tokens_of is {new} now", DeprecationWarning, stacklevel=2)
    return template.tokens(texts) if texts else []


#: Functions that have no single successor, by module and name.
_REPLACED: dict[str, dict[str, Callable[..., object]]] = {
    "chat_format": {"tokens_of": _tokens_of},
    "dialogue": {"dialogue": _tokenize_one},
}


class MovedModules(MetaPathFinder, Loader):
    """Finds modules of this package under the paths that they had."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return a module without code for a path that has moved."""
        package, _dot, name = fullname.rpartition(".")
        is_moved = package == __package__ and name in _MOVED
        return spec_from_loader(fullname, self) if is_moved else None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module look its names up where they are now."""
        name = module.__name__.rpartition(".")[2]
        module.__dict__.update(_REPLACED.get(name, {}))
        module.__dict__["__getattr__"] = names_of(module.__name__, _MOVED[name])


def install() -> None:
    """Find modules that have moved, after all others."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())
