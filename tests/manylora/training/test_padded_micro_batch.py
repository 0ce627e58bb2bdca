"""Padded passes: losses and gradients are those of every example alone, however much is padded."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.training.padded_micro_batch import PaddedMicroBatch

from ..tiny_models import ALL_PROJECTIONS, peft_model, random_adapter, tiny_loaded

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
BATCH = [
    [TokenizedChat((5, 6, 7, 8, 9), 3), TokenizedChat((10, 11), 1)],
    [TokenizedChat((20, 21, 22), 1), TokenizedChat((30, 31, 32, 33, 34, 35, 36), 5)],
]
LABEL_COUNTS = [3, 4]


def padded_pass(loaded, adapters, few_shapes):
    """Each label's adapter, the labels' losses, and the gradients of each module's halves."""
    with attached(loaded, SHAPE, len(adapters)) as bank:
        for index, weights in enumerate(adapters):
            bank.put(index, weights)
        batch = PaddedMicroBatch(loaded, AdapterDropout(0.0), few_shapes)
        seeds = [[(index, row) for row in range(2)] for index in range(len(adapters))]
        label_adapters, inputs = batch.inputs(BATCH, seeds, LABEL_COUNTS)
        losses = batch.compute(*inputs)
        gradients = {name: (module.down.grad, module.up.grad) for name, module in bank.modules.items()}
        return label_adapters, losses, gradients


def alone(loaded, weights, examples, count):
    """The mean loss over an adapter's labels and its gradients, by PEFT, one example at a time."""
    model = peft_model(loaded, SHAPE, weights)
    total = torch.zeros(())
    for example in examples:
        ids = torch.tensor([example.tokens])
        logits = model(ids).logits[0, example.prompt_length - 1 : -1]
        targets = ids[0, example.prompt_length :]
        total = total + torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / count
    total.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters() if "lora_" in name}
    return total.detach(), gradients


@pytest.mark.parametrize("few_shapes", [False, True])
def test_losses_and_gradients_are_those_of_every_example_alone(few_shapes):
    loaded = tiny_loaded()
    adapters = [random_adapter(loaded, SHAPE, seed) for seed in range(2)]
    label_adapters, losses, found = padded_pass(loaded, adapters, few_shapes)
    assert label_adapters.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert (losses[len(label_adapters) :] == 0).all()
    for index, weights in enumerate(adapters):
        loss, gradients = alone(loaded, weights, BATCH[index], LABEL_COUNTS[index])
        own = losses[: len(label_adapters)][label_adapters == index].sum()
        torch.testing.assert_close(own, loss, rtol=1e-4, atol=1e-5)
        assert len(gradients) == 2 * len(found)
        for name, (down, up) in found.items():
            expected = [gradients[f"base_model.model.{name}.lora_{half}.default.weight"] for half in "AB"]
            torch.testing.assert_close([down[index], up[index]], expected, rtol=1e-3, atol=1e-4)


def test_where_few_shapes_are_wanted_lengths_and_labels_are_rounded_up():
    loaded = tiny_loaded()
    seeds = [[(index, row) for row in range(2)] for index in range(2)]
    shapes = {}
    for few_shapes in (False, True):
        _, inputs = PaddedMicroBatch(loaded, AdapterDropout(0.1), few_shapes).inputs(
            BATCH, seeds, LABEL_COUNTS
        )
        shapes[few_shapes] = [tuple(tensor.shape) for tensor in inputs]
    assert shapes[False] == [(4, 7), (2, 2, 7, 1), (7,), (7,), (7,)]
    assert shapes[True] == [(4, 32), (2, 2, 32, 1), (1024,), (1024,), (1024,)]


LENGTHS = st.integers(1, 3).flatmap(
    lambda adapters: st.integers(1, 8).flatmap(
        lambda rows: st.lists(
            st.lists(st.integers(1, 99), min_size=rows, max_size=rows), min_size=adapters, max_size=adapters
        )
    )
)


@given(LENGTHS, st.integers(1, 2000))
def test_examples_of_like_length_go_together_and_no_rectangle_is_larger_than_it_may_be(lengths, tokens):
    split = PaddedMicroBatch.split(lengths, tokens)
    for rows_of_adapter, rows in enumerate(lengths):
        in_order = [rows[row] for part in split for row in part[rows_of_adapter]]
        assert in_order == sorted(rows, reverse=True)
    for part in split:
        longest = max(rows[row] for rows, chosen in zip(lengths, part, strict=True) for row in chosen)
        assert len(part[0]) == 1 or longest * len(lengths) * len(part[0]) <= tokens


@pytest.mark.parametrize("more", [{"num_hidden_layers": 6}, {"hidden_size": 64}, {"vocab_size": 900}])
def test_a_larger_model_keeps_more_of_a_token(more):
    small = PaddedMicroBatch.bytes_of_token(tiny_loaded(), SHAPE)
    assert PaddedMicroBatch.bytes_of_token(tiny_loaded(**more), SHAPE) > small > 0
