"""Calls that wait for no number can be captured; watching them changes nothing."""

import pytest
import torch

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.config import AdapterShape
from manylora.models.labelled_logits import labelled_logits
from manylora.packing.capturable import is_capturable
from manylora.training.gradient_accumulation import GradientAccumulation

from ..families import tiny_family


def looks_at_a_number(values):
    return values * values.max().item()


def looks_at_a_shape(values):
    return values[values > 0]


def assigns_by_mask(values):
    values = values.clone()
    values[values > 0] = 0
    return values


def goes_by_places(values):
    return values[torch.tensor([0, 2])].softmax(0).index_select(0, torch.tensor([1]))


@pytest.mark.parametrize(
    ("function", "expected"),
    [(looks_at_a_number, False), (looks_at_a_shape, False), (assigns_by_mask, False), (goes_by_places, True)],
)
def test_what_needs_numbers_is_not_captured(function, expected):
    assert is_capturable(function, [torch.randn(4)]) is expected


def test_what_fails_is_not_captured_and_leaves_no_trace():
    asks = torch.cuda.is_current_stream_capturing
    assert not is_capturable(lambda values: values @ values, [torch.randn(2, 3)])
    assert torch.cuda.is_current_stream_capturing is asks


@pytest.mark.parametrize(
    ("family", "settings", "experts", "expected"),
    [
        ("llama", {}, None, True),
        ("gemma3_text", {}, None, True),
        ("phi3", {}, None, True),
        ("jamba", {}, "eager", False),
        ("mixtral", {}, "eager", False),
        (
            "llama",
            {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
            None,
            False,
        ),
    ],
)
def test_architectures_whose_passes_wait_for_numbers_are_known(family, settings, experts, expected):
    loaded = tiny_family(family, **settings)
    if experts:
        loaded.model.set_experts_implementation(experts)
    loaded.model.get_input_embeddings().weight.requires_grad_(True)

    def call(ids):
        labelled_logits(loaded, ids, torch.arange(ids.numel())).sum().backward()

    assert is_capturable(call, [torch.tensor([[5, 6, 7], [8, 9, 10]])]) is expected


@pytest.mark.parametrize(
    ("family", "projections", "expected"), [("phi3", ("qkv_proj",), True), ("mixtral", ("q_proj",), False)]
)
def test_passes_of_a_training_are_tried_with_their_adapters(family, projections, expected):
    loaded, shape = tiny_family(family), AdapterShape(4, 8.0, True, 0.3, projections)
    with attached(loaded, shape, 3) as bank:
        bank.begin_training()
        dropout = AdapterDropout(shape.dropout)
        bank.use_dropout(dropout)
        assert GradientAccumulation(loaded, dropout, 100)._is_capturable() is expected
