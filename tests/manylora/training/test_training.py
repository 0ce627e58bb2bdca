"""Adapters trained together are those that peft trains one by one."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from transformers import get_cosine_schedule_with_warmup

from manylora.adapters.adapter_bank import attached
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape, Optimization
from manylora.errors import TrainingDivergedError
from manylora.scoring.log_probabilities import attached_log_probabilities, log_probabilities
from manylora.training.training import TrainingTask, batches, train

from ..tiny_models import ALL_PROJECTIONS, ARCHITECTURES, peft_model, tiny_loaded

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
# Clipping binds at this norm, and the last batch of an epoch is a short one.
OPTIMIZATION = Optimization(1e-2, 0.01, 0.1, 0.5, 3, 4)


def dialogues(seed, count=10, longest=12):
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        length = int(generator.integers(5, longest + 1))
        tokens = tuple(int(token) for token in generator.integers(4, 100, length))
        found.append(TokenizedChat(tokens, int(generator.integers(1, length - 1))))
    return found


TASKS = [TrainingTask(dialogues(seed), rate, seed) for seed, rate in ((1, 1e-3), (2, 3e-4), (3, 2e-3))]


def trained_by_peft(loaded, task, optimization):
    """One adapter, trained by a plain loop over a model that peft made."""
    with attached(loaded, SHAPE, 1) as bank:
        bank.initialise(0, torch.Generator().manual_seed(task.seed))
        start = bank.weights(0)
    model = peft_model(loaded, SHAPE, start).train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    order = batches(len(task.examples), optimization.batch, optimization.epochs, task.seed)
    optimizer = torch.optim.AdamW(parameters, lr=task.learning_rate, weight_decay=optimization.weight_decay)
    scheduler = get_cosine_schedule_with_warmup(
        optimizer, math.ceil(optimization.warmup_share * len(order)), len(order)
    )
    losses, norms = [], []
    for batch in order:
        chosen = [task.examples[index] for index in batch]
        longest = max(len(one.tokens) for one in chosen)
        ids = torch.zeros((len(chosen), longest), dtype=torch.long)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
        for row, one in enumerate(chosen):
            ids[row, : len(one.tokens)] = torch.tensor(one.tokens)
            mask[row, : len(one.tokens)] = 1
            labels[row, one.prompt_length : len(one.tokens)] = torch.tensor(one.tokens[one.prompt_length :])
        loss = model(ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, optimization.clip_norm)))
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    state = dict(model.named_parameters())
    down = {name: state[f"base_model.model.{name}.lora_A.default.weight"] for name in start.down}
    up = {name: state[f"base_model.model.{name}.lora_B.default.weight"] for name in start.up}
    return losses, norms, down, up


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_each_adapter_is_trained_as_peft_trains_it_alone(architecture):
    loaded = tiny_loaded(architecture)
    found = train(loaded, SHAPE, OPTIMIZATION, TASKS)
    for task, one in zip(TASKS, found, strict=True):
        losses, norms, down, up = trained_by_peft(loaded, task, OPTIMIZATION)
        assert max(norms) > OPTIMIZATION.clip_norm  # else clipping would not be tested
        assert one.losses == pytest.approx(losses, abs=1e-5)
        for name, expected in down.items():
            torch.testing.assert_close(one.weights.down[name], expected.detach(), atol=1e-5, rtol=0)
            torch.testing.assert_close(one.weights.up[name], up[name].detach(), atol=1e-5, rtol=0)


def test_what_is_trained_on_is_learnt():
    longer = dataclasses.replace(OPTIMIZATION, epochs=12, clip_norm=10.0)
    tasks = [dataclasses.replace(task, learning_rate=2e-2) for task in TASKS]
    for one in train(tiny_loaded(), SHAPE, longer, tasks):
        assert one.losses[-3:].mean() < 0.7 * one.losses[:3].mean()


def test_adapters_start_where_peft_starts_them():
    loaded = tiny_loaded()
    started = peft_model(loaded, SHAPE)
    with attached(loaded, SHAPE, 1) as bank:
        bank.initialise(0, torch.Generator().manual_seed(0))
        own = bank.weights(0)
    ours, theirs = [], []
    for name, tensor in own.down.items():
        bound = tensor.shape[1] ** -0.5
        peft_tensor = started.get_parameter(f"base_model.model.{name}.lora_A.default.weight")
        assert tensor.abs().max() <= bound
        assert peft_tensor.abs().max() <= bound
        ours.append(tensor.flatten() / bound)
        theirs.append(peft_tensor.detach().flatten() / bound)
        assert not own.up[name].any()
    for drawn in (torch.cat(ours), torch.cat(theirs)):
        # Uniform on -1 to 1: the variance is a third.
        assert drawn.var() == pytest.approx(1 / 3, rel=0.1)


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("tokens_at_once", [1, 10_000])
def test_dropout_is_an_adapters_own(others, tokens_at_once):
    """Whoever is trained beside it, however long the others' examples are, however a step is split."""
    shape = AdapterShape(4, 8.0, True, 0.3, ALL_PROJECTIONS)
    loaded = tiny_loaded()
    longer = [TrainingTask(dialogues(40 + k, longest=25), 1e-2, 40 + k) for k in range(others)]
    (alone,) = train(loaded, shape, OPTIMIZATION, TASKS[:1])
    together = train(loaded, shape, OPTIMIZATION, [*longer, TASKS[0]], tokens_at_once=tokens_at_once)[-1]
    assert together.losses == pytest.approx(alone.losses, abs=1e-5)
    for name, tensor in alone.weights.up.items():
        torch.testing.assert_close(together.weights.up[name], tensor, atol=1e-5, rtol=0)
    (undropped,) = train(loaded, SHAPE, OPTIMIZATION, TASKS[:1])
    assert np.abs(undropped.losses - alone.losses).max() > 1e-3


@pytest.mark.parametrize("tokens_at_once", [1, 60, 10_000])
def test_a_step_in_several_passes_is_the_same_step(tokens_at_once):
    loaded = tiny_loaded("qwen2")
    whole = train(loaded, SHAPE, OPTIMIZATION, TASKS)
    split = train(loaded, SHAPE, OPTIMIZATION, TASKS, tokens_at_once=tokens_at_once)
    for one, other in zip(whole, split, strict=True):
        assert other.losses == pytest.approx(one.losses, abs=1e-5)
        for name, tensor in one.weights.down.items():
            torch.testing.assert_close(other.weights.down[name], tensor, atol=1e-5, rtol=0)


def test_every_epoch_takes_each_example_once_in_a_new_order():
    order = batches(10, 4, 3, seed=5)
    assert [len(batch) for batch in order] == [4, 4, 2] * 3
    epochs = [[i for batch in order[start : start + 3] for i in batch] for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert batches(10, 4, 3, seed=5) == order != batches(10, 4, 3, seed=6)


def test_a_loss_that_is_not_finite_is_an_error():
    loaded = tiny_loaded()
    loaded.model.lm_head.weight.data[:] = math.nan
    with pytest.raises(TrainingDivergedError, match="expected a finite loss, got none at step 1"):
        train(loaded, SHAPE, OPTIMIZATION, TASKS)


def test_tasks_of_different_sizes_are_refused():
    tasks = [TASKS[0], TrainingTask(dialogues(9, count=7), 1e-2, 9)]
    with pytest.raises(ValueError, match=r"equally many examples, got \[7, 10\]"):
        train(tiny_loaded(), SHAPE, OPTIMIZATION, tasks)


def test_training_says_how_far_it_is():
    said = []
    train(tiny_loaded(), SHAPE, OPTIMIZATION, TASKS, task="work", progress=lambda *args: said.append(args))
    assert said == [("work", step, 9) for step in range(1, 10)]


def test_adapters_are_scored_at_checkpoints_as_they_are_then():
    loaded, shape = tiny_loaded(), dataclasses.replace(SHAPE, dropout=0.2)
    optimization = dataclasses.replace(OPTIMIZATION, epochs=1)
    examples, curve = [dialogues(9, count=2)] * len(TASKS), {}
    trained = train(
        loaded,
        shape,
        optimization,
        TASKS,
        checkpoints=(1, 3),
        on_checkpoint=lambda step: curve.update({step: attached_log_probabilities(loaded, examples)}),
    )
    assert list(curve) == [1, 3]
    # The training ends with step 3, and has gone on as if nobody had looked.
    for weights, logs in zip([adapter.weights for adapter in trained], curve[3], strict=True):
        (expected,) = log_probabilities(loaded, shape, [weights], examples[0])
        for found, of_example in zip(logs, expected, strict=True):
            np.testing.assert_allclose(found, of_example, atol=1e-5)
    for adapter, unseen in zip(trained, train(loaded, shape, optimization, TASKS), strict=True):
        np.testing.assert_array_equal(adapter.losses, unseen.losses)
