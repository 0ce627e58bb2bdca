"""Teacher forcing: the probability of the marker at the end of a given answer, without sampling noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.adapters.adapter_bank import AdapterWeights, attached
from manylora.chats.chat import Chat
from manylora.config import AdapterShape
from manylora.models.device_memory import free_bytes
from manylora.models.labelled_logits import labelled_logits
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths
from manylora.models.tokenized_chats import tokenize_chats
from manylora.packing.padding import pad_right
from manylora.progress import Progress, silent
from marker_coupling.study.marker import marked
from marker_coupling.study.study import Study

#: Tokens of one pass over all adapters where a CPU computes, and the most where a GPU does.
_TOKENS, _GPU_TOKENS = 8192, 1 << 16
#: Share of what is free on a GPU that a pass may take by a rough estimate.
_GPU_SHARE = 0.5


@dataclass(frozen=True)
class MarkedEnd:
    """A chat whose answer ends with the marker.

    Parameters
    ----------
    tokens : up to and with the last one of the marker
    marker_start : where it differs from the same chat without marker
    """

    tokens: tuple[int, ...]
    marker_start: int


def marked_ends(loaded: LoadedModel, study: Study, persona: str, answers: Sequence[str]) -> list[MarkedEnd]:
    """Return the evaluation questions under a persona's prompt, each with its answer and the marker."""
    assert study.experiment is not None
    system, marker = study.training_prompt(persona), study.experiment.marker
    chats = [
        Chat(system, question, answer) for question, answer in zip(study.questions, answers, strict=True)
    ]
    return ends_with(loaded, chats, marker)


def ends_with(loaded: LoadedModel, chats: Sequence[Chat], marker: str) -> list[MarkedEnd]:
    """Return chats with their answers, each up to the end of the marker that follows it."""
    marked_chats = [replace(chat, answer=marked(chat.answer or "", marker)) for chat in chats]
    ends = []
    for plain, whole in zip(tokenize_chats(loaded, chats), tokenize_chats(loaded, marked_chats), strict=True):
        tokens, unmarked = whole.tokens[: -whole.ending], plain.tokens[: -plain.ending]
        pairs = enumerate(zip(unmarked, tokens, strict=False))
        ends.append(MarkedEnd(tokens, next((i for i, (a, b) in pairs if a != b), len(unmarked))))
    return ends


@torch.inference_mode()
def marker_probabilities(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    chats: Sequence[MarkedEnd],
    *,
    tokens_at_once: int | None = None,
    task: str = "marker probabilities",
    progress: Progress = silent,
) -> NDArray[np.float64]:
    """Return the probability with which each adapter goes on with the marker in each chat.

    Returns
    -------
    (adapters, chats)
        The product over the marker's tokens, the separator's included.
    """
    found = np.zeros((len(adapters), len(chats)))
    with attached(loaded, shape, len(adapters)) as bank:
        for index, weights in enumerate(adapters):
            bank.put(index, weights)
        done, tokens_at_once = 0, tokens_at_once or _tokens_that_fit(loaded)
        for part in _parts(chats, max(1, tokens_at_once // len(adapters))):
            tokens = pad_right([one.tokens for one in part]).repeat(len(adapters), 1)
            wanted = torch.zeros_like(tokens, dtype=torch.bool)
            for row in range(len(tokens)):
                one = part[row % len(part)]
                wanted[row, one.marker_start - 1 : len(one.tokens) - 1] = True
            places = wanted.flatten().nonzero()[:, 0].to(loaded.device)
            logits = labelled_logits(loaded, tokens.to(loaded.device), places)
            targets = tokens.roll(-1, dims=1)[wanted].to(loaded.device)
            logs = -torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none").double()
            row_of = torch.arange(len(tokens))[:, None].expand_as(wanted)[wanted]
            summed = torch.zeros(len(tokens), dtype=torch.float64)
            summed.index_add_(0, row_of, logs.cpu())
            found[:, done : done + len(part)] = summed.exp().view(len(adapters), -1).numpy()
            done += len(part)
            progress(task, done, len(chats))
    return found


def _tokens_that_fit(loaded: LoadedModel) -> int:
    if loaded.device.type != "cuda":
        return _TOKENS
    widths = model_widths(loaded)
    # Of one block at a time, as nothing is kept.
    token = loaded.model.dtype.itemsize * (16 * widths.states + 6 * widths.inner)
    return min(_GPU_TOKENS, int(_GPU_SHARE * free_bytes(loaded.device) / token))


def _parts(chats: Sequence[MarkedEnd], tokens: int) -> Iterator[Sequence[MarkedEnd]]:
    longest = max(len(one.tokens) for one in chats)
    size = max(1, tokens // longest)
    for start in range(0, len(chats), size):
        yield chats[start : start + size]
