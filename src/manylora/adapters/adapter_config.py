"""PEFT's adapter_config.json: plain LoRA is understood in full, anything else refused by its key.

Every key has to be PEFT's default or one that is understood here. A key that the installed PEFT does not know
has to be off (null, false or empty), as options of later versions are where they are not used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from guarded_files import read_json
from manylora.errors import AdapterFileError, reworded

CONFIG = "adapter_config.json"
#: Of a file of settings beside an adapter; it may name every module.
MOST_BYTES = 16 << 20
#: Keys that describe an adapter or its training and change nothing of what it computes; EVA chooses where
#: training starts from, and leaves the base model as it was.
_DESCRIPTIVE = frozenset(
    {"auto_mapping", "base_model_name_or_path", "eva_config", "inference_mode", "peft_type", "peft_version",
     "revision", "task_type"}
)  # fmt: skip
#: Keys that are read, each checked where it is.
_READ = frozenset(
    {"alpha_pattern", "exclude_modules", "init_lora_weights", "layers_pattern", "layers_to_transform",
     "lora_alpha", "lora_dropout", "r", "rank_pattern", "target_modules", "use_rslora"}
)  # fmt: skip
#: Where training may have started from: of these alone PEFT leaves the base model's weights as they are.
_STARTS = (True, False, "gaussian", "orthogonal", "eva")
#: PEFT's keys that say which modules are adapted.
_WHERE = ("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern")


@dataclass(frozen=True)
class AdapterConfig:
    """A LoRA adapter as its configuration describes it.

    Parameters
    ----------
    path : of the file, for messages
    rank, alpha : of modules that no pattern names
    rank_stabilised, dropout : of all modules
    rank_pattern, alpha_pattern : of the modules whose names match a key, as PEFT matches them
    where : PEFT's keys that say which modules are adapted
    """

    path: Path
    rank: int
    alpha: float
    rank_stabilised: bool
    dropout: float
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]
    where: Mapping[str, Any]

    @property
    def last_names(self) -> tuple[str, ...] | None:
        """The last names of the adapted modules, if the configuration says no more than these."""
        targets = self.where["target_modules"]
        if isinstance(targets, str) or any("." in name for name in targets):
            return None
        if any(self.where[key] not in (None, [], "") for key in _WHERE[1:]):
            return None
        return tuple(targets)

    def rank_and_alpha(self, modules: Iterable[str]) -> tuple[int, float]:
        """Return the rank and alpha that some modules have.

        Raises
        ------
        AdapterFileError
            They do not all have the same.
        """
        if not (self.rank_pattern or self.alpha_pattern):
            return self.rank, self.alpha
        names = list(modules)
        ranks = {_of_pattern(self.rank_pattern, name, self.rank) for name in names}
        alphas = {_of_pattern(self.alpha_pattern, name, self.alpha) for name in names}
        for key, values in (("rank_pattern", ranks), ("alpha_pattern", alphas)):
            if len(values) != 1:
                raise AdapterFileError(
                    f"{self.path}: key {key}: expected one value for all adapted modules, got "
                    f"{', '.join(map(str, sorted(values))) or 'none'}"
                )
        return ranks.pop(), alphas.pop()

    def adapted(self, model: torch.nn.Module) -> set[str]:
        """Return the names of the modules of a base model that PEFT would adapt.

        Raises
        ------
        AdapterFileError
            PEFT makes nothing of these keys.
        """
        from peft import LoraConfig
        from peft.tuners import tuners_utils

        expected = f"{self.path}: keys {', '.join(_WHERE)}: expected what PEFT understands"
        with reworded(AdapterFileError, expected):
            # The keys may say "all-linear".
            config = tuners_utils._maybe_include_all_linear_layers(LoraConfig(**self.where), model)
            names = [name for name, _ in model.named_modules() if name]
            return {name for name in names if tuners_utils.check_target_module_exists(config, name)}


def read_adapter_config(folder: Path) -> AdapterConfig:
    """Read an adapter's configuration.

    Raises
    ------
    AdapterFileError
        The file is missing or broken, or the adapter is no plain LoRA.
    """
    path = folder / CONFIG
    content: dict[str, Any] = read_json(path, MOST_BYTES, AdapterFileError)
    with reworded(AdapterFileError, f"{path}: expected PEFT's configuration of a LoRA adapter"):
        if (kind := content.get("peft_type")) != "LORA":
            raise AdapterFileError(f"{path}: key peft_type: expected LORA, got {kind!r:.40}")
        _check_plain(path, content)
        return _adapter_config(path, content)


def _adapter_config(path: Path, content: Mapping[str, Any]) -> AdapterConfig:
    rank, alpha = int(content["r"]), float(content["lora_alpha"])
    dropout = float(content.get("lora_dropout", 0.0))
    stabilised = content.get("use_rslora", False)
    targets, excluded = content["target_modules"], content.get("exclude_modules")
    ranks, alphas = (content.get(key) or {} for key in ("rank_pattern", "alpha_pattern"))
    for key, value, expected, sound in (
        ("r", rank, "a whole number from 1", rank >= 1 and rank == float(content["r"])),
        ("lora_alpha", alpha, "a finite number", math.isfinite(alpha)),
        ("lora_dropout", dropout, "a share below 1", 0 <= dropout < 1),
        ("use_rslora", stabilised, "true or false", isinstance(stabilised, bool)),
        ("target_modules", targets, "names of modules, or a pattern", _is_where(targets)),
        ("exclude_modules", excluded, "names of modules, or a pattern", not excluded or _is_where(excluded)),
        ("rank_pattern", ranks, "whole numbers by module", _is_pattern(ranks, int)),
        ("alpha_pattern", alphas, "numbers by module", _is_pattern(alphas, (int, float))),
    ):
        if not sound:
            raise AdapterFileError(f"{path}: key {key}: expected {expected}, got {value!r:.60}")
    where = {key: content.get(key) for key in _WHERE}
    return AdapterConfig(path, rank, alpha, stabilised, dropout, ranks, alphas, where)


def _check_plain(path: Path, content: Mapping[str, Any]) -> None:
    """Check that nothing but what is understood is off its default."""
    start = content.get("init_lora_weights", True)
    if (start.lower() if isinstance(start, str) else start) not in _STARTS:
        raise AdapterFileError(
            f"{path}: key init_lora_weights: expected one that leaves the base model as it is "
            f"({', '.join(map(str, _STARTS))}), got {start!r:.40}"
        )
    defaults = _defaults()
    for key, value in content.items():
        if key in _DESCRIPTIVE | _READ:
            continue
        default = defaults.get(key)
        # Options that are off come as null, false and empty lists and tables alike.
        if value != default and (value or default):
            known = "" if key in defaults else ", as PEFT does not know it"
            raise AdapterFileError(f"{path}: key {key}: expected {default!r}{known}, got {value!r:.40}")


@cache
def _defaults() -> dict[str, Any]:
    from peft import LoraConfig

    return dict(LoraConfig().to_dict())  # type: ignore[no-untyped-call]


def _is_where(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name for name in names)


def _is_pattern(value: object, number: type | tuple[type, ...]) -> bool:
    return isinstance(value, dict) and all(
        isinstance(entry, number) and not isinstance(entry, bool) for entry in value.values()
    )


def _of_pattern(pattern: Mapping[str, Any], module: str, default: Any) -> Any:
    from peft.utils.other import get_pattern_key

    return pattern.get(get_pattern_key(list(pattern), module), default)
