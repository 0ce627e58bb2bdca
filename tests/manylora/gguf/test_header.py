"""A GGUF file holds one whole language model, every number of it; anything else is one line."""

import struct

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.errors import BaseModelError
from manylora.gguf.header import read_header
from manylora.loading import load
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore

from ..tiny_models import write_tiny_gguf


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_tiny_gguf(tmp_path_factory.mktemp("whole") / "m.gguf")


def refusal(file, store):
    with pytest.raises(BaseModelError) as caught:
        find_base_model(str(file), store)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message.removeprefix(f"{file}: ")


def test_the_header_is_what_gguf_itself_reads(whole):
    header, reader = read_header(whole), gguf.GGUFReader(whole)
    fields = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    assert header.settings == fields | {"tokenizer.ggml.tokens": None, "tokenizer.ggml.merges": None}
    assert {name: tensor.shape for name, tensor in header.tensors.items()} == {
        tensor.name: tuple(tensor.shape.tolist()) for tensor in reader.tensors
    }
    assert sum(tensor.numbers for tensor in header.tensors.values()) == sum(
        int(tensor.n_elements) for tensor in reader.tensors
    )


def typed(kind):
    def add(writer):
        (settings,) = writer.kv_data
        settings["general.type"] = gguf.GGUFValue(kind, gguf.GGUFValueType.STRING)

    return add


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (typed("adapter"), "key general.type: expected a model, got 'adapter'"),
        (typed("mmproj"), "key general.type: expected a model, got 'mmproj'"),
        (typed("imatrix"), "key general.type: expected a model, got 'imatrix'"),
        (lambda w: w.add_string("adapter.type", "lora"), "key general.type: expected a model, got 'adapter'"),
        (lambda w: w.add_uint16("split.count", 3), "expected a model in one file, got one of 3 parts; merge them"),
        (lambda w: w.add_int32("split.tensors.count", 40), "key split.tensors.count: expected 12, as there are"),
        (lambda w: w.tensors[0].clear(), "expected a model with its weights, got none, as in a vocabulary"),
        (lambda w: w.add_uint32("general.alignment", 0), "key general.alignment: expected a number of bytes, got 0"),
    ],
)  # fmt: skip
def test_other_kinds_of_files_are_refused(more, expected, tmp_path, store):
    assert refusal(write_tiny_gguf(tmp_path / "m.gguf", more=more), store).startswith(expected)


@pytest.mark.parametrize(
    "name", ["m-00001-of-00002.gguf", "m-00002-of-00002.GGUF", "m.Q8_0-00003-of-00012.gguf"]
)
def test_a_part_of_a_model_is_known_by_its_name(name, tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf").rename(tmp_path / name)
    assert "parts; merge them first: llama-gguf-split --merge" in refusal(file, store)


def test_the_only_part_of_a_model_is_the_whole(tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", more=lambda w: w.add_uint16("split.count", 1))
    find_base_model(str(file.rename(tmp_path / "m-00001-of-00001.gguf")), store)


def test_big_endian_order_is_refused(tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", endianess=gguf.GGUFEndian.BIG)
    assert refusal(file, store) == "expected a GGUF file in little-endian order, got big-endian"


@pytest.mark.parametrize("version", [1, 4, 70000])
def test_other_versions_of_the_format_are_refused(version, whole, tmp_path, store):
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + struct.pack("<I", version) + whole.read_bytes()[8:])
    assert refusal(tmp_path / "m.gguf", store) == f"expected a GGUF file of version 2 or 3, got {version}"


def changed(whole, folder, old, new):
    content = whole.read_bytes()
    assert content.count(old) == 1
    (folder / "m.gguf").write_bytes(content.replace(old, new))
    return folder / "m.gguf"


def tensor_info(name, dimensions, kind):
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", len(dimensions)) + struct.pack(f"<{len(dimensions)}QI", *dimensions, kind)  # fmt: skip


def test_numbers_of_an_unknown_kind_are_refused(whole, tmp_path, store):
    old, new = (tensor_info(b"output_norm.weight", (32,), kind) for kind in (0, 99))
    file = changed(whole, tmp_path, old, new)
    assert (
        refusal(file, store)
        == "tensor output_norm.weight: expected a kind of numbers that is known, got kind 99"
    )


def test_a_length_beyond_the_file_is_felt_at_once(whole, tmp_path, store):
    """Which readers that trust it would follow without end."""
    key = b"tokenizer.ggml.token_type" + struct.pack("<II", 9, 5)
    file = changed(whole, tmp_path, key + struct.pack("<Q", 100), key + struct.pack("<Q", 1 << 60))
    assert refusal(file, store).startswith(
        "expected a complete GGUF file: 1,152,921,504,606,846,976 values at byte "
    )


def test_tensors_that_are_cut_off_are_named(whole, tmp_path, store):
    (tmp_path / "m.gguf").write_bytes(whole.read_bytes()[:-64])
    assert refusal(tmp_path / "m.gguf", store).startswith("expected a complete GGUF file: tensor blk.0.ffn_down.weight ends at byte ")  # fmt: skip


def test_two_tensors_or_settings_of_one_name_are_refused(whole, tmp_path, store):
    (tmp_path / "tensors").mkdir()
    twice = changed(whole, tmp_path / "tensors", tensor_info(b"blk.0.attn_v.weight", (32, 16), 0), tensor_info(b"blk.0.attn_k.weight", (32, 16), 0))  # fmt: skip
    assert "expected tensors with names of their own" in refusal(twice, store)
    twice = changed(whole, tmp_path, b"llama.attention.head_count_kv", b"llama.feed_forward_length\x04\x00\x00\x00"[:29])  # fmt: skip
    refusal(twice, store)


@given(st.data())
def test_whatever_is_changed_in_a_header_is_read_or_one_line(whole, tmp_path_factory, data):
    content = bytearray(whole.read_bytes())
    end = content.index(b"blk.0.ffn_down.weight") + 60
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, end))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "changed.gguf"
    file.write_bytes(content[: data.draw(st.one_of(st.none(), st.integers(4, len(content))))])
    message = ""
    try:
        read_header(file)
    except BaseModelError as error:
        message = str(error)
    assert message == "" or message.startswith(f"{file}: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "shape"),
    [("blk.0.attn_q.bias", (32,)), ("blk.1.attn_q.weight", (32, 32)), ("blk.0.sundial.weight", (4, 4)), ("blk.0.attn_q_norm.weight", (8,)), ("token_types.weight", (2, 32)), ("cls.weight", (2, 32)), ("blk.0.attn_q.weight.lora_a", (4, 32)), ("direction.1", (32,)), ("v.patch_embd.weight", (4, 4))],
)  # fmt: skip
def test_a_tensor_that_transformers_passes_over_is_named(name, shape, tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", more=lambda w: w.add_tensor(name, np.ones(shape, np.float32)))
    numbers = 14176 + int(np.prod(shape))
    assert refusal(file, store) == (
        f"expected 14,176 numbers in its tensors, as many as the model has, got {numbers:,}; "
        f"transformers passes over tensor {name}"
    )


def test_a_tied_output_embedding_counts_once(tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", without="output.weight")
    model = load(find_base_model(str(file), store)).model
    assert model.lm_head.weight is model.model.embed_tokens.weight


@pytest.mark.parametrize("kind", ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q8_0"])
def test_quantized_tensors_count_by_their_numbers(kind, tmp_path, store):
    quantization = gguf.GGMLQuantizationType[kind]

    def quantize(writer):
        writer.add_quantization_version(2)
        (tensors,) = writer.tensors
        for name, info in list(tensors.items()):
            if len(info.shape) == 2 and "embd" not in name and info.shape[-1] % 32 == 0:
                raw = gguf.quants.quantize(info.tensor, quantization)
                del tensors[name]
                writer.add_tensor(name, raw, raw_dtype=quantization)

    file = write_tiny_gguf(tmp_path / "m.gguf", more=quantize)
    weights = load(find_base_model(str(file), store)).model.state_dict()
    packed = {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}
    expected = gguf.quants.dequantize(packed["blk.0.ffn_gate.weight"].data, quantization)
    torch.testing.assert_close(weights["model.layers.0.mlp.gate_proj.weight"], torch.tensor(expected))
    old = write_tiny_gguf(
        tmp_path / "old.gguf", more=lambda w: [quantize(w), w.kv_data[0].update({"general.quantization_version": gguf.GGUFValue(1, gguf.GGUFValueType.UINT32)})]
    )  # fmt: skip
    if kind.startswith("Q"):
        assert refusal(old, store) == "key general.quantization_version: expected 2, got 1"
    else:
        find_base_model(str(old), store)
