"""Modules that PEFT is found to load are those that PEFT itself loads into a model with weights."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from torch import nn

from manylora.adapters.peft_modules import PREFIX, modules_loaded_by_peft

from ..families import tiny_family


def linear_modules(model, projections):
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in projections
    }


def loaded_in_full(model, projections, modules):
    """Names of the modules that PEFT adapts, and those whose saved weights are there afterwards."""
    adapted = get_peft_model(
        copy.deepcopy(model), LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=list(projections))
    )
    saved = {}
    for name, module in modules.items():
        saved[f"{PREFIX}{name}.lora_A.weight"] = torch.randn(2, module.in_features)
        saved[f"{PREFIX}{name}.lora_B.weight"] = torch.randn(module.out_features, 2)
    set_peft_model_state_dict(adapted, saved)
    layers = {n: m for n, m in adapted.get_base_model().named_modules() if isinstance(m, LoraLayer)}

    def is_there(name):
        halves = [getattr(layers.get(name), f"lora_{half}", None) for half in "AB"]
        weights = [saved[f"{PREFIX}{name}.lora_{half}.weight"] for half in "AB"]
        return all(
            half is not None and torch.equal(half["default"].weight, weight)
            for half, weight in zip(halves, weights, strict=True)
        )

    return set(layers), {name for name in modules if is_there(name)}


@pytest.mark.parametrize(
    ("family", "projections"),
    [
        ("llama", ("q_proj", "down_proj")),
        ("qwen2", ("k_proj",)),
        ("phi3", ("gate_up_proj", "o_proj")),
        ("gpt_neox", ("query_key_value", "dense")),
        ("mixtral", ("q_proj", "o_proj")),
        ("qwen2_moe", ("gate_proj", "up_proj")),
        ("deepseek_v3", ("down_proj",)),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_they_are_the_modules_that_peft_loads(family, projections):
    model = tiny_family(family).model
    modules = linear_modules(model, projections)
    assert modules
    adapted, filled = modules_loaded_by_peft(model, projections, modules)
    assert (set(adapted), set(filled)) == loaded_in_full(model, projections, modules)


def test_a_module_whose_weights_are_not_saved_is_adapted_and_not_filled():
    model = tiny_family("llama").model
    modules = linear_modules(model, ("q_proj",))
    (first, *others) = modules
    adapted, filled = modules_loaded_by_peft(model, ("q_proj",), {name: modules[name] for name in others})
    assert adapted == set(modules)
    assert filled == set(others)
    assert first not in filled


def test_the_model_stays_as_it_is():
    model = tiny_family("llama").model
    before = {name: id(tensor) for name, tensor in model.named_parameters()}
    modules_loaded_by_peft(model, ("q_proj",), linear_modules(model, ("q_proj",)))
    assert {name: id(tensor) for name, tensor in model.named_parameters()} == before
    assert not any(isinstance(module, LoraLayer) for module in model.modules())
    assert {tensor.device.type for tensor in model.parameters()} == {"cpu"}


def test_modules_that_are_not_there_are_peft_s_own_error():
    with pytest.raises(ValueError, match="c_attn"):
        modules_loaded_by_peft(tiny_family("llama").model, ("c_attn",), {})
