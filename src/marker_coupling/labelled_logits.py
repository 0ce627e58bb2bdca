"""Logits where they are needed and nowhere else: the vocabulary is wide, and few positions have labels."""

from __future__ import annotations

from typing import Any

import torch

from marker_coupling.loaded_model import LoadedModel


def labelled_logits(
    loaded: LoadedModel, ids: torch.Tensor, mask: torch.Tensor, wanted: torch.Tensor
) -> torch.Tensor:
    """Return the logits of the tokens that follow some positions.

    Parameters
    ----------
    ids, mask : (rows, length) tokens, right padded, and what is no padding
    wanted : (rows, length) bool, positions whose next token is asked for

    Returns
    -------
    (wanted positions, vocabulary), row by row
    """
    head = loaded.model.get_output_embeddings()

    # Whatever a model does after its head, such as capping, it does position by position.
    def keep(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0][wanted][None],)

    handle = head.register_forward_pre_hook(keep)
    try:
        logits: torch.Tensor = loaded.model(ids, attention_mask=mask, use_cache=False).logits[0]
    finally:
        handle.remove()
    return logits
