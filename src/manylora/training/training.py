"""Training many adapters at once, each as if it was trained alone.

Equal to a loop over PEFT's model in its training mode but for dropout: what the base model's configuration
asks for is left off, and adapters' inputs are dropped by random numbers of each adapter's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import clip_grad_norm_
from transformers import get_cosine_schedule_with_warmup

from manylora.adapters.adapter_bank import AdapterWeights, attached
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape, Optimization
from manylora.errors import TrainingDivergedError
from manylora.models.loaded_model import LoadedModel
from manylora.models.tokenized_chats import check_examples
from manylora.progress import Progress, silent
from manylora.training.gradient_accumulation import GradientAccumulation, StepLosses, tokens_that_fit

#: Called with the number of a step, from 1, and each adapter's loss in it, (adapters,).
LossCallback = Callable[[int, NDArray[np.float64]], None]
#: Called with the number of steps done, while adapters are attached and dropout is off, to score them.
CheckpointCallback = Callable[[int], None]
#: Steps between two synchronisations with a GPU: it waits for the CPU, and the CPU for it.
_SYNC_EVERY = 8


@dataclass(frozen=True)
class TrainingTask:
    """One adapter to train.

    Parameters
    ----------
    examples : the loss is over the tokens of their answers
    learning_rate : None for the optimization's
    seed : of initial weights, order of examples, and dropout
    """

    examples: Sequence[TokenizedChat]
    learning_rate: float | None = None
    seed: int = 0

    @property
    def dialogues(self) -> Sequence[TokenizedChat]:
        """The examples under their former name."""
        return self.examples


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
    """Return the indices of each step's examples: every epoch a new order, the last batch the rest."""
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
    on_losses: LossCallback | None = None,
    checkpoints: Collection[int] = (),
    on_checkpoint: CheckpointCallback | None = None,
) -> list[TrainedAdapter]:
    """Train adapters together.

    Parameters
    ----------
    optimization : its learning rate gives way to the tasks' own
    tasks : with equally many examples
    tokens_at_once : of a micro-batch, over all adapters; by default as memory allows; the result is the same
    on_losses : called with every step's losses, on a GPU some steps late
    checkpoints : numbers of steps, from 1, after which `on_checkpoint` is called

    Raises
    ------
    ValueError
        Tasks have different numbers of examples, or as :func:`check_examples`.
    TrainingDivergedError
        A loss is not finite.
    NotEnoughMemoryError
        A GPU does not hold one example of each adapter.
    """
    sizes = {len(task.examples) for task in tasks}
    if len(sizes) != 1:
        raise ValueError(f"tasks: expected equally many examples, got {sorted(sizes)}")
    count = sizes.pop()
    for task_examples in {id(task.examples): task.examples for task in tasks}.values():
        check_examples(loaded, task_examples)
    orders = [batches(count, optimization.batch, optimization.epochs, task.seed) for task in tasks]
    steps = [
        [[task.examples[i] for i in rows] for task, rows in zip(tasks, step_rows, strict=True)]
        for step_rows in zip(*orders, strict=True)
    ]
    losses = np.zeros((len(tasks), len(steps)))
    with loaded.device_context(), attached(loaded, shape, len(tasks)) as bank:
        bank.initialise_all([task.seed for task in tasks])
        dropout = AdapterDropout(shape.dropout)
        bank.use_dropout(dropout)
        parameters = bank.begin_training()
        optimizer, scheduler = _optimizer(parameters, optimization, tasks, len(steps))
        sync_every = _SYNC_EVERY if loaded.device.type == "cuda" else 1
        tokens = tokens_at_once or tokens_that_fit(loaded, shape)
        with GradientAccumulation(loaded, dropout, tokens, steps) as accumulation:
            pending: list[StepLosses] = []
            for step, batch in enumerate(steps):
                pending.append(accumulation.backward(bank, batch, [(task.seed, step) for task in tasks]))
                if len(pending) == sync_every or step + 1 == len(steps):
                    for done, step_losses in enumerate(pending, step + 1 - len(pending)):
                        losses[:, done] = step_losses.wait()
                        if not np.isfinite(losses[:, done]).all():
                            expected = f"expected a finite loss, got none at step {done + 1}"
                            raise TrainingDivergedError(f"training: {expected}")
                        if on_losses is not None:
                            on_losses(done + 1, losses[:, done].copy())
                    pending.clear()
                for weights in parameters:
                    clip_grad_norm_(weights, optimization.clip_norm)
                optimizer.step()
                scheduler.step()
                bank.update_compute_weights()
                if on_checkpoint is not None and step + 1 in checkpoints:
                    bank.use_dropout(None)
                    on_checkpoint(step + 1)
                    bank.use_dropout(dropout)
                progress(task, step + 1, len(steps))
        return [TrainedAdapter(bank.weights(k), losses[k]) for k in range(len(tasks))]


def _optimizer(
    parameters: Sequence[nn.Parameter], optimization: Optimization, tasks: Sequence[TrainingTask], steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    """Return AdamW with each adapter's learning rate, and its schedule."""
    default = optimization.learning_rate
    rates = [default if task.learning_rate is None else task.learning_rate for task in tasks]
    optimizer = torch.optim.AdamW(
        [{"params": [weights], "lr": rate} for weights, rate in zip(parameters, rates, strict=True)],
        weight_decay=optimization.weight_decay,
        fused=parameters[0].is_cuda,
    )
    warmup = math.ceil(optimization.warmup_share * steps)
    return optimizer, get_cosine_schedule_with_warmup(optimizer, warmup, steps)
