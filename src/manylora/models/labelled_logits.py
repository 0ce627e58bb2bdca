"""Logits where they are needed and nowhere else: the vocabulary is wide, and few positions have labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from manylora.chats.chat import TokenizedChat
from manylora.models.loaded_model import LoadedModel
from manylora.models.sequence_limits import check_length


@contextmanager
def logits_at(loaded: LoadedModel, positions: torch.Tensor) -> Iterator[None]:
    """Make passes of the block return the logits of some positions only.

    Whatever a model does after its output embedding, such as capping, it does position by position.

    Parameters
    ----------
    positions : (wanted,) long, counted through all rows of a batch; logits are (1, wanted, vocabulary)
    """

    def keep(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0].flatten(0, 1).index_select(0, positions)[None],)

    with loaded.model.get_output_embeddings().register_forward_pre_hook(keep):
        yield


def labelled_logits(loaded: LoadedModel, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Return the logits of the tokens that follow some positions, (wanted, vocabulary).

    No mask hides padding: it stands on the right, where no token looks that is not padding itself.

    Parameters
    ----------
    ids : (rows, length) tokens, right padded
    positions : (wanted,) positions whose next token is asked for, counted through all rows
    """
    check_length(loaded, ids.shape[1])
    with logits_at(loaded, positions):
        logits: torch.Tensor = loaded.model(ids, use_cache=False).logits[0]
    return logits


def answer_labels(ids: torch.Tensor, examples: Sequence[TokenizedChat]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the positions that predict answers' tokens, and these tokens, (labels,) long each, row by row.

    Parameters
    ----------
    ids : (examples, length) long, right padded
    """
    is_predicting = torch.zeros_like(ids, dtype=torch.bool)
    for row, example in enumerate(examples):
        is_predicting[row, example.prompt_length - 1 : len(example.tokens) - 1] = True
    return is_predicting.flatten().nonzero()[:, 0], ids.roll(-1, dims=1)[is_predicting]


def packed_label_positions(starts: Iterable[int], examples: Sequence[TokenizedChat]) -> torch.Tensor:
    """Return the positions that predict answers' tokens where examples are packed, (labels,) long.

    Parameters
    ----------
    starts : of each example among the packed tokens
    """
    predicting = [
        np.arange(start + example.prompt_length - 1, start + len(example.tokens) - 1)
        for start, example in zip(starts, examples, strict=True)
    ]
    return torch.from_numpy(np.concatenate(predicting))
