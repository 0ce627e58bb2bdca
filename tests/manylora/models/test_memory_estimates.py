"""Memory is estimated from shapes, for every architecture, and never in the way of what is computed."""

import pytest
import torch

from manylora.adapters.adapter_bank import attached
from manylora.config import AdapterShape
from manylora.models.memory_estimates import ModelWidths, model_widths, remembered_bytes
from manylora.training.gradient_accumulation import tokens_that_fit
from manylora.training.training import TrainingTask, train

from ..families import tiny_family
from ..tiny_models import ALL_PROJECTIONS, ARCHITECTURES, tiny_loaded
from ..training.test_training import OPTIMIZATION, dialogues


def of_token_and_row(loaded, adapters):
    row = remembered_bytes(loaded, adapters, 0)
    token = remembered_bytes(loaded, adapters, 1) - row
    assert remembered_bytes(loaded, adapters, 7) == 7 * token + row
    return token, row


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_widths_of_the_llama_family_are_those_of_its_configuration(architecture):
    loaded = tiny_loaded(architecture)
    config = loaded.model.config
    assert model_widths(loaded) == ModelWidths(
        config.num_hidden_layers, config.hidden_size, config.intermediate_size, config.vocab_size
    )
    heads = config.num_key_value_heads * config.head_dim
    for adapters in (1, 3):
        assert of_token_and_row(loaded, adapters) == (2 * config.num_hidden_layers * heads * 4, 0)


@pytest.mark.parametrize(
    ("family", "widths"),
    [
        ("gptj", ModelWidths(2, 32, 48, 100)),
        ("bloom", ModelWidths(2, 32, 128, 100)),
        ("mpt", ModelWidths(2, 32, 128, 100)),
        ("mixtral", ModelWidths(2, 32, 2 * 96, 100)),
        ("gemma3", ModelWidths(2, 32, 48, 100)),
    ],
)
def test_widths_are_those_of_modules(family, widths):
    assert model_widths(tiny_family(family)) == widths


def test_recurrent_states_are_a_rows_and_keys_a_tokens():
    # In each block a window of 4 of the convolution, and a state of 8, of 48 channels.
    assert of_token_and_row(tiny_family("mamba"), 2) == (0, 2 * (4 + 8) * 48 * 4)
    token, row = of_token_and_row(tiny_family("jamba"), 2)
    assert token == 2 * 2 * 8 * 4
    assert row > 0


def test_it_is_measured_with_adapters_attached():
    loaded = tiny_loaded()
    expected = of_token_and_row(loaded, 1)
    with attached(loaded, AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS), 3):
        assert of_token_and_row(loaded, 3) == expected


def test_an_estimate_stops_nothing():
    loaded = tiny_loaded()
    loaded.model.config = None
    loaded.model.get_output_embeddings = lambda: None
    loaded.model.forward = None
    assert model_widths(loaded) == ModelWidths(1, 1, 100, 1)
    assert remembered_bytes(loaded, 2, 1) > 0


@pytest.mark.parametrize(
    ("family", "projections"),
    [
        ("gptj", ("q_proj",)),
        ("bloom", ("dense",)),
        ("opt", ("fc1",)),
        ("mamba", ("in_proj",)),
        ("gemma3", ("q_proj",)),
    ],
)
def test_architectures_without_an_intermediate_size_are_trained(family, projections):
    loaded, shape = tiny_family(family), AdapterShape(4, 8.0, True, 0.0, projections)
    assert tokens_that_fit(loaded, shape) > 100
    (trained,) = train(loaded, shape, OPTIMIZATION, [TrainingTask(dialogues(1, 4), 1e-3, 1)])
    assert torch.isfinite(torch.tensor(trained.losses)).all()
