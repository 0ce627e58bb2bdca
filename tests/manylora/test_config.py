"""Settings: the update's factor, as PEFT has it, and defaults that are others'."""

import dataclasses

import pytest
from peft import LoraConfig
from transformers import TrainingArguments

from manylora.config import AdapterShape, Optimization
from manylora.errors import ManyLoraError
from manylora.sampling.sampling_requests import Sampling

from .tiny_models import peft_model, tiny_loaded


@pytest.mark.parametrize("rank_stabilised", [False, True])
@pytest.mark.parametrize(("rank", "alpha"), [(1, 1.0), (8, 16.0), (6, 5.0)])
def test_the_scaling_is_pefts(rank, alpha, rank_stabilised):
    shape = AdapterShape(rank, alpha, rank_stabilised, projections=("q_proj",))
    (scaling,) = {
        module.scaling["default"]
        for module in peft_model(tiny_loaded(), shape).modules()
        if isinstance(getattr(module, "scaling", None), dict)
    }
    assert shape.scaling == pytest.approx(scaling)


def test_defaults_are_those_of_peft_and_of_transformers():
    shape, config = AdapterShape(8, 8.0), LoraConfig()
    assert (shape.dropout, shape.rank_stabilised) == (config.lora_dropout, config.use_rslora)
    theirs = {field.name: field.default for field in dataclasses.fields(TrainingArguments)}
    ours = Optimization(1e-3)
    assert (ours.weight_decay, ours.clip_norm, ours.epochs, ours.batch) == tuple(
        theirs[name]
        for name in ("weight_decay", "max_grad_norm", "num_train_epochs", "per_device_train_batch_size")
    )


@pytest.mark.parametrize(
    ("settings", "values", "expected"),
    [
        (AdapterShape, (0, 8.0), "rank: expected a whole number from 1, got 0"),
        (AdapterShape, (8, 8.0, False, 1.0), "dropout: expected a share from 0 and below 1, got 1.0"),
        (
            AdapterShape,
            (8, 8.0, False, 0.0, "q_proj"),
            "projections: expected names of modules, got 'q_proj'",
        ),
        (Optimization, (1e-3, 0.0, 1.5), "warmup_share: expected a share from 0 to 1, got 1.5"),
        (Optimization, (1e-3, 0.0, 0.0, 1.0, 0), "epochs: expected a whole number from 1, got 0"),
        (Optimization, (1e-3, 0.0, 0.0, 1.0, 1, 0), "batch: expected a whole number from 1, got 0"),
        (Sampling, (0.0,), "temperature: expected a number above 0, got 0.0"),
        (Sampling, (1.0, 0.0), "top_p: expected a share above 0 and up to 1, got 0.0"),
        (Sampling, (1.0, 1.0, 0), "max_new_tokens: expected a whole number from 1, got 0"),
    ],
)
def test_settings_that_mean_nothing_are_one_clear_error(settings, values, expected):
    with pytest.raises(ManyLoraError, match=expected):
        settings(*values)
