"""Tensors of a file against the model of its settings: every number is one of the model's, and all are there."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from manylora.errors import BaseModelError
from manylora.gguf.header import GgufTensor, read_header
from manylora.gguf.tensors import check_tensors

from ..tiny_models import write_tiny_gguf

CONFIG = LlamaConfig(
    vocab_size=100, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "m.gguf")


@pytest.fixture(scope="module")
def model():
    with torch.device("meta"):
        return LlamaForCausalLM(CONFIG)


@pytest.fixture(scope="module")
def header(file):
    return read_header(file)


def test_a_file_that_holds_the_model_is_taken(file, header, model):
    assert sum(tensor.numbers for tensor in header.tensors.values()) == model.num_parameters()
    check_tensors(file, header, model)


@given(st.data())
def test_a_tensor_that_is_missing_or_of_another_size_is_named(file, header, model, data):
    name = data.draw(st.sampled_from(sorted(header.tensors)))
    tensors = dict(header.tensors)
    without = {other: tensor for other, tensor in tensors.items() if other != name}
    with pytest.raises(
        BaseModelError, match=r"expected all weights; see model\.|expected all weights; see lm_head"
    ):
        check_tensors(file, replace(header, tensors=without), model)
    more = data.draw(st.integers(-5, 50).filter(bool))
    changed = GgufTensor((tensors[name].numbers + more,), "F32")
    expected = f"tensor {name}: expected {tensors[name].numbers:,} numbers, .* got {changed.numbers:,}"
    with pytest.raises(BaseModelError, match=expected):
        check_tensors(file, replace(header, tensors=tensors | {name: changed}), model)


@pytest.mark.parametrize(
    "name", ["blk.0.attn_q.bias", "blk.1.attn_q.weight", "rope_freqs.weight", "what\x1bever"]
)
def test_numbers_that_the_model_has_no_place_for_are_refused_unless_they_are_understood(
    file, header, model, name
):
    tensors = header.tensors | {name: GgufTensor((32,), "F32")}
    with pytest.raises(
        BaseModelError, match=r"expected [\d,]+ numbers in its tensors, .*; transformers passes over"
    ):
        check_tensors(file, replace(header, tensors=tensors), model)
    check_tensors(file, replace(header, tensors=tensors), model, understood=(name,))


def test_tied_embeddings_count_once(file, header):
    config = LlamaConfig(**CONFIG.to_dict() | {"tie_word_embeddings": True})
    with torch.device("meta"):
        tied = LlamaForCausalLM(config)
    tied.tie_weights()
    without = {name: tensor for name, tensor in header.tensors.items() if name != "output.weight"}
    check_tensors(file, replace(header, tensors=without), tied)
    with pytest.raises(BaseModelError, match=rf"got {sum(t.numbers for t in header.tensors.values()):,}"):
        check_tensors(file, header, tied)


def test_an_unknown_architecture_is_judged_by_the_sum_alone(file, header, model):
    unknown = replace(header, settings=header.settings | {"general.architecture": "sundial"})
    check_tensors(file, unknown, model)
    cut = dict(list(header.tensors.items())[1:])
    with pytest.raises(BaseModelError, match="as many as the model has"):
        check_tensors(file, replace(unknown, tensors=cut), model)
