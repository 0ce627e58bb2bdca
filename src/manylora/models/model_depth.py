"""Number of layers of a base model, read from its configuration before the model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guarded_files import read_json

_MOST_CONFIGURATION_BYTES = 16 * 2**20
#: What architectures call the number of their blocks.
_KEYS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")


def configured_blocks(directory: Path) -> int | None:
    """Return the number of transformer blocks, or None where the configuration does not tell in a known way.

    Parameters
    ----------
    directory : of the model, with its ``config.json``
    """
    try:
        content = read_json(directory / "config.json", _MOST_CONFIGURATION_BYTES, ValueError, allow_nan=True)
    except ValueError:
        return None  # loading the model will say what is wrong with it
    # Models that see and hear keep what concerns text in a table of its own.
    tables: list[Any] = [content, content.get("text_config")] if isinstance(content, dict) else []
    for table in tables:
        for key in _KEYS:
            blocks = table.get(key) if isinstance(table, dict) else None
            if isinstance(blocks, int) and not isinstance(blocks, bool):
                return blocks
    return None
