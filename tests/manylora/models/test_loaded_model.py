"""Loading base models; everything that can be wrong with one is a clear error."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from manylora.errors import BaseModelError
from manylora.loading import load
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore

from ..tiny_models import DROPS_SYSTEM, NO_SYSTEM, save_tiny


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def directory(tmp_path):
    return save_tiny(tmp_path / "tiny")


def changed_weights(directory, change):
    file = directory / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


def test_weights_of_a_wrong_shape(directory, store):
    changed_weights(directory, lambda w: w.update({"model.norm.weight": torch.ones(7)}))
    with pytest.raises(BaseModelError, match=r"model\.norm\.weight"):
        load(find_base_model(str(directory), store))


def test_a_missing_weight_is_not_made_up(directory, store):
    changed_weights(directory, lambda w: w.pop("model.norm.weight"))
    with pytest.raises(BaseModelError, match=r"expected all weights; see model\.norm\.weight"):
        load(find_base_model(str(directory), store))


def test_a_superfluous_weight(directory, store):
    changed_weights(directory, lambda w: w.update({"model.extra": torch.ones(7)}))
    with pytest.raises(BaseModelError, match=r"no weights beyond .* see model\.extra"):
        load(find_base_model(str(directory), store))


def test_truncated_weights(directory, store):
    file = directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BaseModelError, match="expected a complete model"):
        load(find_base_model(str(directory), store))


def test_no_code_of_a_model_is_run(directory, tmp_path, store):
    config = json.loads((directory / "config.json").read_text())
    config |= {
        "model_type": "sundial",
        "auto_map": {"AutoConfig": "code.Config", "AutoModelForCausalLM": "code.Model"},
    }
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "code.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')")
    with pytest.raises(BaseModelError, match=r"expected a complete model: .* contains custom code"):
        load(find_base_model(str(directory), store))
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", "{}"),
        ("config.json", '{"model_type": "sundial"}'),
        ("config.json", '{"model_type": "llama", "hidden_size": "wide"}'),
        ("config.json", '{"model_type": "llama", "hidden_size": 33}'),
        ("config.json", '{"model_type": "llama", "num_attention_heads": 0}'),
        ("config.json", '{"model_type": "bert"}'),
        ("tokenizer.json", "{"),
        ("tokenizer.json", "{}"),
        ("tokenizer.json", "[]"),
        ("tokenizer_config.json", "{"),
        ("model.safetensors", ""),
        ("model.safetensors", "\x80\x04 a pickle, perhaps"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(directory, store, file, content):
    (directory / file).write_text(content)
    with pytest.raises(BaseModelError, match=r"expected (a complete model|all weights|JSON)") as caught:
        load(find_base_model(str(directory), store))
    assert str(caught.value).startswith(str(directory))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["sundial", "cuda:99"])
def test_a_device_that_there_is_not(directory, store, device):
    with pytest.raises(
        BaseModelError, match=f"device '{device}': expected one that PyTorch can use here"
    ) as caught:
        load(find_base_model(str(directory), store), device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "expected a tokenizer with a chat template"),
        (NO_SYSTEM, "takes a system prompt: System role not supported"),
        (DROPS_SYSTEM, "keeps the system prompt, got one that drops it"),
    ],
)
def test_a_chat_template_must_take_personas(tmp_path, store, template, message):
    directory = save_tiny(tmp_path / "tiny", template=template)
    with pytest.raises(BaseModelError, match=message):
        load(find_base_model(str(directory), store))
