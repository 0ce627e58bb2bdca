"""Dropout that a base model's configuration asks for is off in training, and on record."""

import json

import pytest
import torch

from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.loading import load
from manylora.models.base_dropout import dropout_left_off
from manylora.models.base_model import BaseModel
from manylora.training.training import TrainingTask, train

from ..families import tiny_config, tiny_family
from ..family_figures import OPTIMIZATION, trained_by_peft
from ..tiny_models import ALL_PROJECTIONS, save_tiny


@pytest.mark.parametrize(
    ("family", "settings", "expected"),
    [
        ("llama", {}, {}),
        ("llama", {"attention_dropout": 0.1}, {"attention_dropout": 0.1}),
        ("opt", {}, {"dropout": 0.1}),
        ("gpt2", {}, {"attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1}),
        ("gemma3", {}, {}),
    ],
)
def test_probabilities_above_0_are_those_of_the_text_model(tmp_path, family, settings, expected):
    tiny_config(family, **settings).save_pretrained(tmp_path)
    assert dropout_left_off(tmp_path) == expected


def test_a_model_that_was_loaded_has_none_even_in_training_mode(tmp_path):
    save_tiny(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"attention_dropout": 0.5}))
    model = load(BaseModel("tiny", tmp_path, "fingerprint")).model
    ids = torch.tensor([[5, 6, 7, 8]])
    trained, evaluated = model.train()(ids).logits, model.eval()(ids).logits
    torch.testing.assert_close(trained, evaluated, rtol=0, atol=0)


def test_training_is_pefts_without_it():
    loaded = tiny_family("llama", attention_dropout=0.5)
    shape = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
    task = TrainingTask([TokenizedChat(tuple(range(5, 15)), 2)] * 4, 1e-3, 1)
    (trained,) = train(loaded, shape, OPTIMIZATION, [task])
    losses, _, up = trained_by_peft(loaded, shape, task)
    assert trained.losses == pytest.approx(losses, abs=1e-5)
    for name, tensor in up.items():
        torch.testing.assert_close(trained.weights.up[name], tensor, atol=1e-5, rtol=0)
