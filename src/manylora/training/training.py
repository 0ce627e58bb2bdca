"""Training many adapters at once, each as if it was trained alone.

Equal to a loop over PEFT's model in its training mode but for dropout: what the base model's configuration
asks for is left off, and adapters' inputs are dropped by random numbers of each adapter's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils import clip_grad_norm_
from transformers import get_cosine_schedule_with_warmup

from manylora.adapters.adapter_bank import AdapterWeights, attached
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape, Optimization
from manylora.errors import TrainingDivergedError
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.training.gradient_accumulation import GradientAccumulation, StepLosses, tokens_that_fit

#: Steps between two looks at losses on a GPU: whoever looks waits for it, and it for what comes next.
_LOOK_EVERY = 8


@dataclass(frozen=True)
class TrainingTask:
    """One adapter to train.

    Parameters
    ----------
    examples : examples; the loss is over the tokens of their answers
    learning_rate : its own
    seed : of initial weights, order of examples, and dropout
    """

    examples: Sequence[TokenizedChat]
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
    tokens_at_once: int | None = None,
    task: str = "training adapters",
    progress: Progress = silent,
) -> list[TrainedAdapter]:
    """Train adapters together.

    Parameters
    ----------
    optimization : its learning rate gives way to the tasks' own
    tasks : with equally many examples
    tokens_at_once : a step is split into passes of about so many tokens, by default as many as memory holds;
        the result is the same

    Raises
    ------
    ValueError
        Tasks have different numbers of examples.
    TrainingDivergedError
        A loss is not finite.
    NotEnoughMemoryError
        A GPU does not hold one example of each adapter.
    """
    sizes = {len(task.examples) for task in tasks}
    if len(sizes) != 1:
        raise ValueError(f"tasks: expected equally many examples, got {sorted(sizes)}")
    count = sizes.pop()
    schedule = [batches(count, optimization.batch, optimization.epochs, task.seed) for task in tasks]
    steps = len(schedule[0])
    losses = np.zeros((len(tasks), steps))
    with loaded.device_context(), attached(loaded, shape, len(tasks)) as bank:
        bank.initialise_all([one.seed for one in tasks])
        dropout = AdapterDropout(shape.dropout)
        bank.use_dropout(dropout)
        parameters = bank.begin_training()
        optimizer = torch.optim.AdamW(
            [
                {"params": [weights], "lr": one.learning_rate}
                for weights, one in zip(parameters, tasks, strict=True)
            ],
            weight_decay=optimization.weight_decay,
            fused=loaded.device.type == "cuda",
        )
        warmup = math.ceil(optimization.warmup_share * steps)
        scheduler = get_cosine_schedule_with_warmup(optimizer, warmup, steps)
        look_every = _LOOK_EVERY if loaded.device.type == "cuda" else 1
        examples = [
            [[one.examples[i] for i in order[step]] for one, order in zip(tasks, schedule, strict=True)]
            for step in range(steps)
        ]
        tokens = tokens_at_once or tokens_that_fit(loaded, shape)
        with GradientAccumulation(loaded, dropout, tokens, examples) as passes:
            under_way: list[StepLosses] = []
            for step, batch in enumerate(examples):
                under_way.append(passes.backward(bank, batch, [(one.seed, step) for one in tasks]))
                if len(under_way) == look_every or step + 1 == steps:
                    for done, one_step in enumerate(under_way, step + 1 - len(under_way)):
                        losses[:, done] = _finite(one_step.wait(), done)
                    under_way.clear()
                for weights in parameters:
                    clip_grad_norm_(weights, optimization.clip_norm)
                optimizer.step()
                scheduler.step()
                bank.update_compute_weights()
                progress(task, step + 1, steps)
        return [TrainedAdapter(bank.weights(k), losses[k]) for k in range(len(tasks))]


def _finite(losses: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    if not np.isfinite(losses).all():
        raise TrainingDivergedError(f"training: expected a finite loss, got none at step {step + 1}")
    return losses
