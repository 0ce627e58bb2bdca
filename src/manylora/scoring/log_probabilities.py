"""Log-probabilities of given answers under many adapters at once, by teacher forcing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.adapters.adapter_bank import AdapterWeights, with_adapters
from manylora.blocks.packed_blocks import is_packable
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.models.labelled_logits import answer_labels, labelled_logits
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_budget import MemoryBudget, in_chunks
from manylora.models.memory_estimates import model_widths
from manylora.models.tokenized_chats import check_examples
from manylora.packing.padding import pad_right
from manylora.progress import Progress, silent

BUDGET = MemoryBudget(gpu_share=0.5, cpu_units=8192, gpu_units=1 << 16)


@torch.inference_mode()
def log_probabilities(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    examples: Sequence[TokenizedChat],
    *,
    tokens_at_once: int | None = None,
    task: str = "log-probabilities",
    progress: Progress = silent,
) -> list[list[NDArray[np.float64]]]:
    """Return the log-probability of each answer token, given all tokens before it.

    Parameters
    ----------
    adapters : none for the base model alone
    examples : scored under every adapter; the answer is all that follows the prompt
    tokens_at_once : over all adapters; by default what memory allows

    Returns
    -------
    list
        For each adapter (the base model as one), for each example (answer tokens,), in nats.

    Raises
    ------
    ManyLoraError
        As :func:`check_examples`.
    NotEnoughMemoryError
        A GPU does not hold one example of each adapter.
    """
    count = max(1, len(adapters))
    with loaded.device_context(), with_adapters(loaded, shape, adapters):
        return attached_log_probabilities(
            loaded, [examples] * count, tokens_at_once=tokens_at_once, task=task, progress=progress
        )


@torch.inference_mode()
def attached_log_probabilities(
    loaded: LoadedModel,
    examples: Sequence[Sequence[TokenizedChat]],
    *,
    tokens_at_once: int | None = None,
    task: str = "log-probabilities",
    progress: Progress = silent,
) -> list[list[NDArray[np.float64]]]:
    """Return the log-probability of each answer token under the adapters that are attached now.

    Parameters
    ----------
    examples : for each adapter (the base model as one), equally many; the answer is all that follows the
        prompt
    tokens_at_once : over all adapters; by default what memory allows

    Returns
    -------
    list
        For each adapter, for each of its examples (answer tokens,), in nats.

    Raises
    ------
    ValueError
        Adapters have different numbers of examples.
    ManyLoraError, NotEnoughMemoryError
        As :func:`log_probabilities`.
    """
    sizes = {len(of_adapter) for of_adapter in examples}
    if len(sizes) != 1:
        raise ValueError(f"examples: expected equally many for each adapter, got {sorted(sizes)}")
    for of_adapter in {id(of_adapter): of_adapter for of_adapter in examples}.values():
        check_examples(loaded, of_adapter)
    count, total = len(examples), sizes.pop()
    scores: list[list[NDArray[np.float64]]] = [[] for _ in range(count)]
    longest = max((len(example.tokens) for of_adapter in examples for example in of_adapter), default=1)
    with loaded.device_context():
        if tokens_at_once is None:  # as many as fit of one block at a time, as nothing is kept
            widths = model_widths(loaded)
            token = loaded.dtype.itemsize * (16 * widths.states + 6 * widths.inner)
            tokens_at_once = BUDGET.units(loaded, token)
        at_once = max(1, max(1, tokens_at_once // count) // longest)
        message = (
            f"log-probabilities: expected memory for one example of {longest} tokens of each of "
            f"{count} adapters on {loaded.device}"
        )

        def score(part: slice) -> list[NDArray[np.float64]]:
            return _score(loaded, [of_adapter[part] for of_adapter in examples])

        for part, scored in in_chunks(total, at_once, score, message):
            size = part.stop - part.start
            for index, adapter_scores in enumerate(scores):
                adapter_scores += scored[index * size : (index + 1) * size]
            progress(task, part.stop, total)
    return scores


def _score(loaded: LoadedModel, examples: Sequence[Sequence[TokenizedChat]]) -> list[NDArray[np.float64]]:
    """Return the log-probabilities of each adapter's examples, one adapter's after another's."""
    rows = list(chain.from_iterable(examples))
    if is_packable(loaded):
        from manylora.scoring.packed_scoring import packed_token_losses

        losses = packed_token_losses(loaded, examples)
    else:
        losses = _padded_token_losses(loaded, rows)
    ends = np.cumsum([len(row.tokens) - row.prompt_length for row in rows])
    return np.split(-losses, ends[:-1])


def _padded_token_losses(loaded: LoadedModel, rows: Sequence[TokenizedChat]) -> NDArray[np.float64]:
    """Return the cross-entropy of all answer tokens, through the model's own blocks."""
    ids = pad_right([row.tokens for row in rows])
    positions, targets = (labels.to(loaded.device) for labels in answer_labels(ids, rows))
    logits = labelled_logits(loaded, ids.to(loaded.device), positions)
    losses = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    return losses.double().cpu().numpy()
