"""PEFT's configurations of plain LoRA are read in every form and compute what PEFT computes; others are refused."""

import json

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_config import read_adapter_config
from manylora.adapters.adapter_files import read_adapter, read_adapter_shape, save_adapter
from manylora.errors import AdapterFileError

from ..tiny_models import tiny_loaded, tiny_model

IDS = torch.tensor([[5, 6, 7, 8, 9, 10]])
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
LAYER_0 = "model.layers.0.self_attn.q_proj"
UNDERSTOOD = {
    "peft_type", "auto_mapping", "base_model_name_or_path", "eva_config", "inference_mode", "peft_version",
    "revision", "task_type", "alpha_pattern", "exclude_modules", "init_lora_weights", "layers_pattern",
    "layers_to_transform", "lora_alpha", "lora_dropout", "r", "rank_pattern", "target_modules", "use_rslora",
}  # fmt: skip
DEFAULTS = LoraConfig().to_dict()


def saved_by_peft(folder, settings, edit=None):
    """An adapter with random weights as PEFT saves it, its configuration then edited."""
    torch.manual_seed(1)
    config = LoraConfig(
        **{"task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]} | settings
    )
    model = get_peft_model(tiny_model("llama"), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.3)
    model.save_pretrained(folder)
    edited(folder, edit or {})
    return folder


def edited(folder, changes):
    content = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(content | changes))


@torch.inference_mode()
def logits_here(folder):
    loaded = tiny_loaded()
    weights = read_adapter(folder, loaded)
    with attached(loaded, read_adapter_shape(folder), 1) as bank:
        bank.put(0, weights)
        return loaded.model(IDS).logits


@torch.inference_mode()
def logits_of_peft(folder):
    return PeftModel.from_pretrained(tiny_model("llama").eval(), folder).eval()(IDS).logits


FORMS = {
    "last names": {"target_modules": ["q_proj", "down_proj"]},
    "dotted": {"target_modules": ["self_attn.q_proj", "mlp.up_proj"]},
    "full names": {"target_modules": [LAYER_0, "model.layers.2.mlp.gate_proj"]},
    "pattern": {"target_modules": r".*\.[02]\..*(q|v)_proj"},
    "all linear": {"target_modules": "all-linear"},
    "one layer": {"layers_to_transform": 1},
    "layers by pattern": {"layers_to_transform": [0, 2], "layers_pattern": "layers"},
    "layers by patterns": {"layers_to_transform": [2], "layers_pattern": ["blocks", "layers"]},
    "excluded by name": {"exclude_modules": [LAYER_0]},
    "excluded by pattern": {"exclude_modules": r".*layers\.1\..*"},
    "one rank by pattern": {"r": 16, "rank_pattern": {"q_proj": 2}, "alpha_pattern": {".*": 3}},
    "patterns that match nothing": {"rank_pattern": {"k_proj": 2}, "alpha_pattern": {"up_proj": 1}},
    "rank-stabilised": {"use_rslora": True, "lora_dropout": 0.1},
    "from random numbers": {"init_lora_weights": False},
    "from Gaussian numbers": {"init_lora_weights": "gaussian"},
    "from orthogonal matrices": {"init_lora_weights": "orthogonal"},
}  # fmt: skip
EDITS = {
    "all linear, not written out": ({"target_modules": "all-linear"}, {"target_modules": "all-linear"}),
    "nothing more": ({}, {"modules_to_save": [], "layer_replication": None, "target_parameters": []}),
    "options of another version": ({}, {"use_sundial": False, "sundial_config": None, "gnomons": [], "peft_version": "9"}),
    "EVA": ({}, {"init_lora_weights": "eva", "eva_config": {"rho": 1.0}}),
}  # fmt: skip


@pytest.mark.parametrize("name", [*FORMS, *EDITS])
def test_plain_lora_computes_what_peft_computes(name, tmp_path):
    settings, edit = EDITS.get(name) or (FORMS[name], {})
    folder = saved_by_peft(tmp_path / "adapter", settings, edit)
    ours = logits_here(folder)
    torch.testing.assert_close(ours, logits_of_peft(folder), atol=1e-5, rtol=1e-5)
    assert (ours - tiny_model("llama").eval()(IDS).logits).abs().max() > 0.05


def test_an_old_configuration_of_few_keys_is_read(tmp_path):
    folder = saved_by_peft(tmp_path, {})
    content = json.loads((folder / CONFIG).read_text())
    kept = {key: content[key] for key in ("peft_type", "r", "lora_alpha", "target_modules", "bias")}
    (folder / CONFIG).write_text(json.dumps(kept | {"enable_lora": None, "merge_weights": False}))
    torch.testing.assert_close(logits_here(folder), logits_of_peft(folder), atol=1e-5, rtol=1e-5)


def test_some_layers_alone_go_to_peft_and_come_back(tmp_path):
    folder = saved_by_peft(tmp_path / "theirs", {"layers_to_transform": [1]})
    loaded = tiny_loaded()
    save_adapter(tmp_path / "ours", read_adapter(folder, loaded), read_adapter_shape(folder), loaded.base)
    torch.testing.assert_close(logits_of_peft(tmp_path / "ours"), logits_of_peft(folder))
    assert set(read_adapter(tmp_path / "ours", loaded).down) == {"model.layers.1.self_attn.q_proj"}


@pytest.mark.parametrize("key", sorted(set(DEFAULTS) - UNDERSTOOD))
def test_whatever_else_is_off_its_default_is_refused_by_name(key, tmp_path):
    default = DEFAULTS[key]
    other = {bool: True, int: 8, str: "all", dict: {"a": 1}, type(None): ["a"]}[type(default)]
    folder = saved_by_peft(tmp_path, {}, {key: other})
    with pytest.raises(AdapterFileError) as caught:
        read_adapter_config(folder)
    assert str(caught.value) == f"{folder / CONFIG}: key {key}: expected {default!r}, got {other!r}"
    edited(folder, {key: default})
    assert read_adapter_config(folder).rank == 4


@pytest.mark.parametrize("value", [True, 1, "on", {"gnomons": 2}, [1]])
def test_an_option_of_another_version_that_is_on_is_refused(value, tmp_path):
    folder = saved_by_peft(tmp_path, {}, {"use_sundial": value})
    with pytest.raises(
        AdapterFileError, match="key use_sundial: expected None, as PEFT does not know it, got "
    ):
        read_adapter_config(folder)


@pytest.mark.parametrize(
    "start", ["pissa", "pissa_niter_4", "olora", "OLoRA", "corda", "loftq", "lora_ga", "mica", 3, None]
)
def test_what_takes_its_start_out_of_the_base_model_is_refused(start, tmp_path):
    folder = saved_by_peft(tmp_path, {}, {"init_lora_weights": start})
    with pytest.raises(
        AdapterFileError, match="key init_lora_weights: expected one that leaves the base model"
    ):
        read_adapter_config(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r": 0}, "key r: expected a whole number from 1, got 0"),
        ({"r": 4.5}, "key r: expected a whole number from 1, got 4"),
        ({"lora_alpha": float("inf")}, "expected JSON, which has no Infinity"),
        ({"lora_dropout": 1}, "key lora_dropout: expected a share below 1, got 1.0"),
        ({"use_rslora": "false"}, "key use_rslora: expected true or false, got 'false'"),
        ({"target_modules": None}, "key target_modules: expected names of modules, or a pattern, got None"),
        ({"target_modules": []}, "key target_modules: expected names of modules, or a pattern"),
        ({"target_modules": ["q_proj", 3]}, "key target_modules: expected names of modules, or a pattern"),
        ({"target_modules": "(q_proj"}, "expected what PEFT understands: missing )"),
        ({"target_modules": ".*q_proj", "layers_to_transform": [0]}, "expected what PEFT understands: "),
        ({"exclude_modules": {"q_proj": 1}}, "key exclude_modules: expected names of modules, or a pattern"),
        ({"rank_pattern": {"q_proj": "many"}}, "key rank_pattern: expected whole numbers by module"),
        ({"alpha_pattern": ["q_proj"]}, "key alpha_pattern: expected numbers by module"),
        ({"rank_pattern": {"layers.1.self_attn.q_proj": 2}}, "key rank_pattern: expected one value for all adapted modules, got 2, 4"),
        ({"alpha_pattern": {"layers.0.self_attn.q_proj": 1}}, "key alpha_pattern: expected one value for all adapted modules, got 1, 8"),
        ({"peft_type": "LOHA"}, "key peft_type: expected LORA, got 'LOHA'"),
    ],
)  # fmt: skip
def test_a_configuration_that_is_not_sound_is_one_line(changes, message, tmp_path):
    folder = saved_by_peft(tmp_path, {}, changes)
    with pytest.raises(AdapterFileError) as caught:
        read_adapter(folder, tiny_loaded())
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{folder / CONFIG}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers_to_transform": [0]}, "expected modules that adapter_config.json names only, got model.layers.1."),
        ({"exclude_modules": [LAYER_0]}, f"expected modules that adapter_config.json names only, got {LAYER_0}"),
        ({"target_modules": ["k_proj"]}, "expected modules that adapter_config.json names only"),
        ({"target_modules": ["q_proj", "k_proj"]}, "expected model.layers.0.self_attn.k_proj.lora_A, as the base model has that module"),
        ({"target_modules": "all-linear"}, "expected model.layers.0.self_attn.k_proj.lora_A"),
        ({"target_modules": ["q_proj", "embed_tokens"]}, "expected model.embed_tokens.lora_A"),
    ],
)  # fmt: skip
def test_a_configuration_that_contradicts_the_weights_is_refused(changes, message, tmp_path):
    folder = saved_by_peft(tmp_path, {}, changes)
    with pytest.raises(AdapterFileError) as caught:
        read_adapter(folder, tiny_loaded())
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{folder / WEIGHTS}: ")


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        (f"base_model.model.{LAYER_0}.lora_magnitude_vector", torch.ones(32)),
        (f"base_model.model.{LAYER_0}.lora_B.bias", torch.ones(32)),
        ("base_model.model.model.embed_tokens.lora_embedding_A", torch.ones(4, 100)),
        ("base_model.model.lm_head.weight", torch.ones(100, 32)),
        (f"{LAYER_0}.lora_A.weight", torch.ones(4, 32)),
        (f"base_model.model.{LAYER_0}.lora_A.default.weight", torch.ones(4, 32)),
        ("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", torch.ones(4, 32)),
        (f"base_model.model.{LAYER_0}.lora_A.weight", torch.ones(4, 32, dtype=torch.int8)),
    ],
)  # fmt: skip
def test_weights_that_are_no_halves_of_linear_modules_are_refused(name, tensor, tmp_path):
    folder = saved_by_peft(tmp_path, {})
    save_file(load_file(folder / WEIGHTS) | {name: tensor}, folder / WEIGHTS)
    with pytest.raises(AdapterFileError) as caught:
        read_adapter(folder, tiny_loaded())
    assert str(caught.value).startswith(f"{folder / WEIGHTS}: ")
    assert name in str(caught.value)
