"""Differences between prompts run together and each alone, and between adapters and PEFT's, of an architecture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import get_cosine_schedule_with_warmup

from manylora.adapters.adapted_modules import adapted_modules
from manylora.adapters.adapter_bank import attached
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape, Optimization
from manylora.errors import ManyLoraError
from manylora.sampling.padded_decoding import PaddedDecoding
from manylora.scoring.teacher_forcing import forced_pass
from manylora.training.training import TrainingTask, batches, train

from .tiny_models import ALL_PROJECTIONS, peft_model

#: Longer than windows and chunks, with a prefix that is, too.
_PREFIX = tuple(range(4, 18))
PROMPTS = ((*_PREFIX, 30, 31, 32), (*_PREFIX, *range(31, 55)), (*_PREFIX, 60))
ANSWERS = ((70, 71, 72), (80, 81), (90, 91, 92, 93))
OPTIMIZATION = Optimization(1e-2, 0.01, 0.1, 0.5, 1, 3)


@dataclass(frozen=True)
class PassFigures:
    """The largest differences between prompts run together and each alone, in nats but for the states.

    Parameters
    ----------
    states : of hidden states, as a share of the largest
    forced, continued : of log-probabilities of answers that are given whole, and token by token
    """

    states: float
    forced: float
    continued: float


def pass_figures(loaded) -> PassFigures:
    with torch.inference_mode():
        states, logs = zip(
            *(_alone(loaded, *pair) for pair in zip(PROMPTS, ANSWERS, strict=True)), strict=True
        )
        found = forced_pass(loaded, PROMPTS, ANSWERS)
        continued = _continued(loaded)
    return PassFigures(
        max(
            _largest(own, alone) / float(alone.abs().max())
            for own, alone in zip(found.states, states, strict=True)
        ),
        max(map(_largest, found.log_probabilities, logs)),
        max(map(_largest, continued, logs)),
    )


def _alone(loaded, prompt, answer):
    """One sequence without padding, cache or company."""
    output = loaded.model(torch.tensor([[*prompt, *answer[:-1]]]), output_hidden_states=True, use_cache=False)
    last = len(prompt) - 1
    states = torch.stack([layer[0, last] for layer in output.hidden_states])
    return states, output.logits[0, last:].log_softmax(-1)


def _continued(loaded):
    """Answers token by token, every row twice until the second token; afterwards those that go on, once each."""
    decoding = PaddedDecoding(loaded, PROMPTS, max(map(len, ANSWERS)))
    decoding.select(torch.arange(len(PROMPTS)).repeat_interleave(2))
    rows, logs = [row for row in range(len(PROMPTS)) for _ in range(2)], [[] for _ in PROMPTS]
    for step in range(max(map(len, ANSWERS))):
        for row, own in zip(rows, decoding.logits, strict=True):
            if len(logs[row]) == step < len(ANSWERS[row]):
                logs[row].append(own.log_softmax(-1))
        going_on = [place for place, row in enumerate(rows) if len(ANSWERS[row]) > step + 1]
        if step == 1:
            going_on = going_on[::-2]
        decoding.select(torch.tensor(going_on, dtype=torch.long))
        rows = [rows[place] for place in going_on]
        if rows:
            decoding.step(torch.tensor([ANSWERS[row][step] for row in rows]))
    return [torch.stack(own) for own in logs]


def _largest(first, second) -> float:
    return float((first - second).abs().max())


@dataclass(frozen=True)
class TrainingFigures:
    """The largest differences between adapters trained together and by PEFT one by one.

    Parameters
    ----------
    losses : in nats
    weights : after two steps
    """

    losses: float
    weights: float


def adaptable(loaded) -> tuple[str, ...]:
    """Return the projections of the recipes if a model has them, else all of its own that can be adapted."""
    if _is_adaptable(loaded, ALL_PROJECTIONS):
        return ALL_PROJECTIONS
    return tuple(name for name in _last_names(loaded) if _is_adaptable(loaded, (name,)))


def _is_adaptable(loaded, projections) -> bool:
    try:
        adapted_modules(loaded, projections)
    except ManyLoraError:
        return False
    return True


def _last_names(loaded) -> list[str]:
    head = loaded.model.get_output_embeddings()
    linear = (
        name for name, one in loaded.model.named_modules() if isinstance(one, nn.Linear) and one is not head
    )
    return sorted(name for name in {name.rpartition(".")[2] for name in linear} if not name.isdecimal())


def _dialogues(seed: int) -> list[TokenizedChat]:
    numbers = np.random.default_rng(seed)
    lengths = numbers.integers(6, 15, 6)
    return [
        TokenizedChat(tuple(numbers.integers(4, 100, length).tolist()), int(numbers.integers(1, length - 1)))
        for length in lengths
    ]


def training_figures(loaded, projections) -> TrainingFigures:
    shape = AdapterShape(4, 8.0, True, 0.0, tuple(projections))
    tasks = [TrainingTask(_dialogues(seed), rate, seed) for seed, rate in ((1, 1e-3), (2, 3e-4))]
    losses, weights = [], []
    for task, one in zip(tasks, train(loaded, shape, OPTIMIZATION, tasks), strict=True):
        expected, down, up = trained_by_peft(loaded, shape, task)
        losses.append(float(np.abs(one.losses - expected).max()))
        weights += [_largest(one.weights.down[name], tensor) for name, tensor in down.items()]
        weights += [_largest(one.weights.up[name], tensor) for name, tensor in up.items()]
    return TrainingFigures(max(losses), max(weights))


def trained_by_peft(loaded, shape, task):
    """Losses and weights of one adapter, trained by a plain loop over a model that PEFT made."""
    with attached(loaded, shape, 1) as bank:
        bank.initialise(0, torch.Generator().manual_seed(task.seed))
        start = bank.weights(0)
    model = peft_model(loaded, shape, start)
    parameters = [one for one in model.parameters() if one.requires_grad]
    order = batches(len(task.examples), OPTIMIZATION.batch, OPTIMIZATION.epochs, task.seed)
    optimizer = torch.optim.AdamW(parameters, lr=task.learning_rate, weight_decay=OPTIMIZATION.weight_decay)
    warmup = math.ceil(OPTIMIZATION.warmup_share * len(order))
    scheduler = get_cosine_schedule_with_warmup(optimizer, warmup, len(order))
    losses = []
    for batch in order:
        chosen = [task.examples[index] for index in batch]
        ids = nn.utils.rnn.pad_sequence([torch.tensor(one.tokens) for one in chosen], batch_first=True)
        labels = torch.full_like(ids, -100)
        for row, one in enumerate(chosen):
            labels[row, one.prompt_length : len(one.tokens)] = torch.tensor(one.tokens[one.prompt_length :])
        mask = torch.tensor(
            [[1] * len(one.tokens) + [0] * (ids.shape[1] - len(one.tokens)) for one in chosen]
        )
        logits = model(ids, attention_mask=mask, use_cache=False).logits
        loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, OPTIMIZATION.clip_norm)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    state = dict(model.named_parameters())
    halves = (
        {name: state[f"base_model.model.{name}.{half}.default.weight"].detach() for name in start.down}
        for half in ("lora_A", "lora_B")
    )
    return np.array(losses), *halves
