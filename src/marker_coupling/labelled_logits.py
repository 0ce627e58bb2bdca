"""Logits where they are needed and nowhere else: the vocabulary is wide, and few positions have labels."""

from __future__ import annotations

from typing import Any

import torch

from marker_coupling.loaded_model import LoadedModel


def labelled_logits(loaded: LoadedModel, ids: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return the logits of the tokens that follow some positions.

    No mask hides padding: it stands on the right, where no token looks that is not padding itself.

    Parameters
    ----------
    ids : (rows, length) tokens, right padded
    places : (wanted,) positions whose next token is asked for, counted through all rows

    Returns
    -------
    (wanted, vocabulary)
    """
    head = loaded.model.get_output_embeddings()

    # Whatever a model does after its head, such as capping, it does position by position.
    def keep(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0].flatten(0, 1).index_select(0, places)[None],)

    handle = head.register_forward_pre_hook(keep)
    try:
        logits: torch.Tensor = loaded.model(ids, use_cache=False).logits[0]
    finally:
        handle.remove()
    return logits
