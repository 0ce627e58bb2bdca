"""Training many adapters at once, each as if it was trained alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils import clip_grad_norm_
from transformers import get_cosine_schedule_with_warmup

from marker_coupling.adapter_dropout import AdapterDropout
from marker_coupling.adapters import AdapterWeights, attached
from marker_coupling.dialogue import Dialogue, right_padded
from marker_coupling.instrument import TrainingDivergedError
from marker_coupling.labelled_logits import labelled_logits
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.progress import Progress, silent
from marker_coupling.recipe import AdapterShape, Optimization

#: Raise when the same examples and recipe would give other adapters.
VERSION = 2
#: Tokens of one forward and backward pass over all adapters, where memory is the CPU's.
TOKENS_AT_ONCE = 4096


@dataclass(frozen=True)
class TrainingTask:
    """One adapter to train.

    Parameters
    ----------
    dialogues : examples; the loss is over the tokens of their answers
    learning_rate : its own
    seed : of initial weights, order of examples, and dropout
    """

    dialogues: Sequence[Dialogue]
    learning_rate: float
    seed: int


@dataclass(frozen=True, eq=False)
class TrainedAdapter:
    """One adapter after training.

    Parameters
    ----------
    weights : of the last step
    losses : (steps,) mean cross-entropy over the answer tokens of each batch, nats
    """

    weights: AdapterWeights
    losses: NDArray[np.float64]


def batches(examples: int, batch: int, epochs: int, seed: int) -> list[list[int]]:
    """Return which examples each step takes: every epoch a new order, the last batch what is left."""
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(examples, generator=generator).tolist() for _ in range(epochs)]
    return [order[start : start + batch] for order in orders for start in range(0, examples, batch)]


def train(
    loaded: LoadedModel,
    shape: AdapterShape,
    optimization: Optimization,
    tasks: Sequence[TrainingTask],
    *,
    tokens_at_once: int = TOKENS_AT_ONCE,
    task: str = "training adapters",
    progress: Progress = silent,
) -> list[TrainedAdapter]:
    """Train adapters together.

    Parameters
    ----------
    optimization : its learning rate gives way to the tasks' own
    tasks : with equally many examples
    tokens_at_once : a step is split into passes of about so many tokens; the result is the same

    Raises
    ------
    ValueError
        Tasks have different numbers of examples.
    TrainingDivergedError
        A loss is not finite.
    """
    sizes = {len(task.dialogues) for task in tasks}
    if len(sizes) != 1:
        raise ValueError(f"tasks: expected equally many examples, got {sorted(sizes)}")
    count = sizes.pop()
    schedule = [batches(count, optimization.batch, optimization.epochs, task.seed) for task in tasks]
    steps = len(schedule[0])
    losses = np.zeros((len(tasks), steps))
    with attached(loaded, shape, len(tasks)) as bank:
        for adapter, one in enumerate(tasks):
            bank.initialise(adapter, torch.Generator().manual_seed(one.seed))
        dropout = AdapterDropout(shape.dropout)
        bank.use_dropout(dropout)
        own = [bank.parameters_of(adapter) for adapter in range(len(tasks))]
        optimizer = torch.optim.AdamW(
            [{"params": own[adapter], "lr": one.learning_rate} for adapter, one in enumerate(tasks)],
            weight_decay=optimization.weight_decay,
        )
        warmup = math.ceil(optimization.warmup_share * steps)
        scheduler = get_cosine_schedule_with_warmup(optimizer, warmup, steps)
        for step in range(steps):
            batch = [
                [one.dialogues[i] for i in order[step]] for one, order in zip(tasks, schedule, strict=True)
            ]
            seeds = [(one.seed, step) for one in tasks]
            losses[:, step] = _accumulate(loaded, dropout, batch, seeds, tokens_at_once)
            if not np.isfinite(losses[:, step]).all():
                raise TrainingDivergedError(f"training: expected a finite loss, got none at step {step + 1}")
            bank.share_gradients(own)
            for parameters in own:
                clip_grad_norm_(parameters, optimization.clip_norm)
            optimizer.step()
            scheduler.step()
            bank.zero_gradients()
            progress(task, step + 1, steps)
        return [TrainedAdapter(bank.weights(k), losses[k]) for k in range(len(tasks))]


def _accumulate(
    loaded: LoadedModel,
    dropout: AdapterDropout,
    batch: Sequence[Sequence[Dialogue]],
    seeds: Sequence[tuple[int, int]],
    tokens_at_once: int,
) -> NDArray[np.float64]:
    """Add up the gradients of one step and return its losses, (adapters,)."""
    labels = [sum(len(one.tokens) - one.answer_start for one in own) for own in batch]
    losses = torch.zeros(len(batch), dtype=torch.float64)
    for start, part in _passes(batch, tokens_at_once):
        rows = [one for own in part for one in own]
        ids, mask = right_padded([one.tokens for one in rows])
        tokens = torch.tensor(ids, device=loaded.device)
        dropped = [[(*seed, start + row) for row in range(len(part[0]))] for seed in seeds]
        dropout.begin(dropped, tokens.shape[1], loaded.device)
        wanted = torch.zeros_like(tokens, dtype=torch.bool)
        for row, one in enumerate(rows):
            wanted[row, one.answer_start - 1 : len(one.tokens) - 1] = True
        logits = labelled_logits(loaded, tokens, torch.tensor(mask, device=loaded.device), wanted)
        targets = tokens.roll(-1, dims=1)[wanted]
        adapter = torch.arange(len(rows), device=loaded.device) // len(part[0])
        owner = adapter[:, None].expand_as(wanted)[wanted]
        cross_entropy = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
        share = 1 / torch.tensor(labels, dtype=torch.float32, device=loaded.device)
        # Adapters share no weights, so the gradient of the sum is each one's own.
        (cross_entropy * share[owner]).sum().backward()  # type: ignore[no-untyped-call]
        summed = torch.zeros(len(batch), dtype=torch.float64)
        summed.index_add_(0, owner.cpu(), cross_entropy.detach().double().cpu())
        losses += summed / torch.tensor(labels, dtype=torch.float64)
    return losses.numpy()


def _passes(
    batch: Sequence[Sequence[Dialogue]], tokens_at_once: int
) -> Iterator[tuple[int, list[list[Dialogue]]]]:
    """Split a step into passes with equally many examples for each adapter, with where each begins."""
    longest = max(len(one.tokens) for own in batch for one in own)
    rows = max(1, tokens_at_once // (longest * len(batch)))
    for start in range(0, len(batch[0]), rows):
        yield start, [list(own[start : start + rows]) for own in batch]
