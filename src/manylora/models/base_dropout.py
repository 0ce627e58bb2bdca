"""Dropout of a base model's own: left off in training, and named in the provenance.

PEFT's loop calls ``train()``, which would turn on what the configuration asks for. Here adapters' inputs are
dropped and nothing else: the frozen base computes in training what it computes when measured and sampled.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

#: Beginnings of settings of heads that a language model does not have.
_OTHER_HEADS = ("classifier", "summary")


def dropout_left_off(directory: Path) -> dict[str, float]:
    """Return the dropout probabilities above 0 in the config.json of a base model's directory, by key."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    dropouts = {name: settings[key] for name, settings, key in _dropouts(config.get_text_config())}
    return {name: share for name, share in sorted(dropouts.items()) if not name.startswith(_OTHER_HEADS)}


def turn_dropout_off(config: Any) -> None:
    """Set every dropout probability of a configuration to 0, in place."""
    for _, settings, key in list(_dropouts(config)):
        settings[key] = 0.0


def _dropouts(config: Any, prefix: str = "") -> Iterator[tuple[str, MutableMapping[str, Any], str]]:
    """Yield each dropout setting above 0: its dotted key, and where it is kept under which key."""
    settings = config if isinstance(config, dict) else vars(config)
    for key, value in settings.items():
        if isinstance(value, dict) or hasattr(value, "to_dict"):
            yield from _dropouts(value, f"{prefix}{key}.")
        elif "drop" in str(key) and isinstance(value, float) and value > 0:
            yield f"{prefix}{key}", settings, key
