"""Dropout that a base model's configuration asks for, and that is left off when adapters are trained.

PEFT's loop has it on, as ``train()`` puts every module in training mode. Here adapters' inputs are dropped
and nothing else: what is frozen computes in training what it computes when it is measured and sampled.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Beginnings of settings of heads that a language model does not have.
_OTHER_HEADS = ("classifier", "summary")


def dropout_left_off(directory: Path) -> dict[str, float]:
    """Return the probabilities above 0 that a base model's configuration has, by key.

    Parameters
    ----------
    directory : holds config.json
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    return dict(_dropouts("", config.get_text_config().to_dict()))


def _dropouts(prefix: str, settings: dict[Any, Any]) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found += _dropouts(f"{name}.", value)
        elif (
            "drop" in str(key)
            and not name.startswith(_OTHER_HEADS)
            and isinstance(value, float)
            and value > 0
        ):
            found.append((name, value))
    return sorted(found)
