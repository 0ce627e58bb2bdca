"""Teacher-forced probability of the marker at the end of a given answer, without sampling noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.adapters.adapter_bank import AdapterWeights
from manylora.chats.chat import Chat, TokenizedChat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel
from manylora.models.tokenized_chats import tokenize_chats
from manylora.progress import Progress, silent
from manylora.scoring.log_probabilities import log_probabilities
from marker_coupling.study.marker import add_marker


def marked_ends(loaded: LoadedModel, chats: Sequence[Chat], marker: str) -> list[TokenizedChat]:
    """Return chats with their answers, each up to the end of the marker that follows it.

    The prompt of each goes up to where it differs from the same chat without marker.
    """
    marked_chats = [replace(chat, answer=add_marker(chat.answer or "", marker)) for chat in chats]
    ends = []
    for plain, whole in zip(tokenize_chats(loaded, chats), tokenize_chats(loaded, marked_chats), strict=True):
        tokens, unmarked = whole.tokens[: -whole.ending], plain.tokens[: -plain.ending]
        pairs = enumerate(zip(unmarked, tokens, strict=False))
        marker_start = next((i for i, (a, b) in pairs if a != b), len(unmarked))
        ends.append(TokenizedChat(tokens, marker_start, ending=0))
    return ends


def marker_probabilities(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    ends: Sequence[TokenizedChat],
    *,
    tokens_at_once: int | None = None,
    task: str = "marker probabilities",
    progress: Progress = silent,
) -> NDArray[np.float64]:
    """Return each adapter's probability of the marker at the end of each chat.

    Parameters
    ----------
    ends : of :func:`marked_ends`

    Returns
    -------
    (adapters, chats)
        The product over the marker's tokens, the separator's included.
    """
    scores = log_probabilities(
        loaded, shape, adapters, ends, tokens_at_once=tokens_at_once, task=task, progress=progress
    )
    return torch.from_numpy(sum_over_tokens(scores)).exp().numpy()


def sum_over_tokens(scores: Sequence[Sequence[NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Return the log-probability of each answer, (adapters, chats), from those of its tokens."""
    # Added up in order, as the last digits depend on it.
    return np.array([[np.add.accumulate(logs)[-1] for logs in of_adapter] for of_adapter in scores])
