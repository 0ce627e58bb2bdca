"""Every setting of a GGUF file is held against what transformers makes of the file, or refused by its key."""

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoConfig

from manylora.errors import BaseModelError
from manylora.gguf.header import read_header
from manylora.gguf.settings import check_settings
from manylora.loading import load
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore

from ..tiny_models import write_tiny_gguf

IDS = torch.tensor([[5, 6, 7, 8, 9, 10]])


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return load(find_base_model(str(write_tiny_gguf(folder / "m.gguf")), ArtifactStore(folder / "store"))).model(IDS).logits  # fmt: skip


#: What a file may say of the tiny Llama, as it is so or without effect.
UNDERSTOOD = [
    lambda w: [w.add_key_length(8), w.add_value_length(8), w.add_causal_attention(True), w.add_attention_scale(8**-0.5)],
    lambda w: [w.add_rope_freq_base(10000.0), w.add_rope_scaling_type(gguf.RopeScalingType.NONE), w.add_rope_scaling_factor(0.0)],
    lambda w: [w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR), w.add_rope_scaling_factor(1.0), w.add_rope_scaling_orig_ctx_len(64)],
    lambda w: [w.add_sliding_window(64), w.add_expert_count(0), w.add_expert_used_count(0), w.add_logit_scale(1.0)],
    lambda w: [w.add_sliding_window(0), w.add_residual_scale(1.0), w.add_embedding_scale(1.0), w.add_parallel_residual(False)],
    lambda w: [w.add_uint16("split.no", 0), w.add_uint16("split.count", 1), w.add_int32("split.tensors.count", 12)],
    lambda w: [w.add_string("quantize.imatrix.file", "m.dat"), w.add_string("mradermacher.quantize_version", "2"), w.add_file_type(0), w.add_quantization_version(2)],
    lambda w: [w.add_string("general.a_word_of_tomorrow", "fine"), w.add_tags(["a", "b"]), w.add_type("model")],
    lambda w: [w.add_eot_token_id(2), w.add_uint32("tokenizer.ggml.fim_pre_token_id", 1), w.add_add_bos_token(True), w.add_string("tokenizer.chat_template.tool_use", "{{ messages }}")],
]  # fmt: skip


@pytest.mark.parametrize("say", UNDERSTOOD)
def test_what_is_so_or_without_effect_changes_nothing(say, plain, tmp_path, store):
    base = find_base_model(str(write_tiny_gguf(tmp_path / "m.gguf", more=say)), store)
    assert torch.equal(load(base).model(IDS).logits, plain)


def test_a_base_of_rotations_is_taken(tmp_path, store):
    base = find_base_model(
        str(write_tiny_gguf(tmp_path / "m.gguf", more=lambda w: w.add_rope_freq_base(5e5))), store
    )
    assert load(base).model.config.rope_parameters["rope_theta"] == 5e5


REFUSED = {
    "llama.rope.scaling.type": lambda w: [w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR), w.add_rope_scaling_factor(8.0)],
    "llama.rope.scaling.type ": lambda w: w.add_rope_scaling_type(gguf.RopeScalingType.YARN),
    "llama.rope.scaling.type  ": lambda w: w.add_rope_scaling_factor(4.0),
    "llama.rope.scaling.attn_factor": lambda w: w.add_rope_scaling_attn_factors(1.2),
    "llama.rope.scaling.yarn_log_multiplier": lambda w: w.add_rope_scaling_yarn_log_mul(0.1),
    "llama.rope.scale_linear": lambda w: w.add_float32("llama.rope.scale_linear", 4.0),
    "llama.rope.dimension_sections": lambda w: w.add_rope_dimension_sections([1, 1, 2, 0]),
    "llama.logit_scale": lambda w: w.add_logit_scale(3.0),
    "llama.residual_scale": lambda w: w.add_residual_scale(0.2),
    "llama.embedding_scale": lambda w: w.add_embedding_scale(12.0),
    "llama.attention.scale": lambda w: w.add_attention_scale(3.0),
    "llama.attention.sliding_window": lambda w: w.add_sliding_window(8),
    "llama.attention.sliding_window_pattern": lambda w: w.add_sliding_window_pattern(2),
    "llama.attention.causal": lambda w: w.add_causal_attention(False),
    "llama.attention.key_length": lambda w: w.add_key_length(16),
    "llama.attention.value_length": lambda w: w.add_value_length(16),
    "llama.attention.clamp_kqv": lambda w: w.add_clamp_kqv(8.0),
    "llama.attention.max_alibi_bias": lambda w: w.add_max_alibi_bias(8.0),
    "llama.attn_logit_softcapping": lambda w: w.add_attn_logit_softcapping(50.0),
    "llama.final_logit_softcapping": lambda w: w.add_final_logit_softcapping(30.0),
    "llama.expert_count": lambda w: [w.add_expert_count(8), w.add_expert_used_count(2)],
    "llama.expert_weights_norm": lambda w: w.add_expert_weights_norm(True),
    "llama.expert_gating_func": lambda w: w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID),
    "llama.nextn_predict_layers": lambda w: w.add_nextn_predict_layers(1),
    "llama.leading_dense_block_count": lambda w: w.add_leading_dense_block_count(1),
    "llama.use_parallel_residual": lambda w: w.add_parallel_residual(True),
    "llama.pooling_type": lambda w: w.add_pooling_type(gguf.PoolingType.MEAN),
    "llama.tensor_data_layout": lambda w: w.add_tensor_data_layout("Meta AI original pth"),
    "llama.sundial": lambda w: w.add_uint32("llama.sundial", 1),
    "llama.interleave_moe_layer_step": lambda w: w.add_interleave_moe_layer_step(2),
    "control_vector.layer_count": lambda w: w.add_uint32("control_vector.layer_count", 1),
    "mistral.attention.sliding_window": lambda w: w.add_uint32("mistral.attention.sliding_window", 8),
    "sundial": lambda w: w.add_string("sundial", "noon"),
    "tokenizer.ggml.sundial": lambda w: w.add_string("tokenizer.ggml.sundial", "noon"),
    "tokenizer.ggml.precompiled_charsmap": lambda w: w.add_precompiled_charsmap(b"abc"),
    "tokenizer.ggml.remove_extra_whitespaces": lambda w: w.add_remove_extra_whitespaces(True),
}  # fmt: skip


@pytest.mark.parametrize("key", REFUSED)
def test_what_transformers_passes_over_is_refused_by_its_key(key, tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", more=REFUSED[key])
    with pytest.raises(BaseModelError) as caught:
        find_base_model(str(file), store)
    assert str(caught.value).startswith(f"{file}: key {key.strip()}: expected ")
    assert "\n" not in str(caught.value)


def rewritten(key, value):
    """Another value in the place of one that the tiny file has."""

    def rewrite(writer):
        (settings,) = writer.kv_data
        settings[key] = gguf.GGUFValue(value, settings[key].type)

    return rewrite


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokenizer.ggml.pre", "deepseek-llm", "key tokenizer.ggml.pre: expected a way to cut texts up"),
        ("tokenizer.ggml.model", "rwkv", "expected a complete GGUF file: Cannot build a tokenizer"),
        ("general.architecture", "sundial", "expected a complete GGUF file: GGUF model with architecture sundial"),
        ("llama.rope.dimension_count", 4, "expected a complete GGUF file: |key llama.attention.key_length: expected 4"),
    ],
)  # fmt: skip
def test_what_transformers_cannot_take_is_one_line(key, value, message, tmp_path, store):
    file = write_tiny_gguf(tmp_path / "m.gguf", more=rewritten(key, value))
    with pytest.raises(BaseModelError, match=message) as caught:
        find_base_model(str(file), store)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", ["smollm", "gpt-2", "llama-bpe", "qwen2"])
def test_ways_to_cut_texts_up_that_are_known(cut, tmp_path, store):
    find_base_model(
        str(write_tiny_gguf(tmp_path / "m.gguf", more=rewritten("tokenizer.ggml.pre", cut))), store
    )


LLAMA = {
    "block_count": 16,
    "context_length": 131072,
    "embedding_length": 2048,
    "feed_forward_length": 8192,
    "attention.head_count": 32,
    "attention.head_count_kv": 8,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "rope.freq_base": 5e5,
    "rope.dimension_count": 64,
    "attention.key_length": 64,
    "attention.value_length": 64,
}
NEMO = LLAMA | {
    "embedding_length": 5120,
    "attention.key_length": 128,
    "attention.value_length": 128,
    "rope.dimension_count": 128,
    "rope.freq_base": 1e6,
}
QWEN2 = {
    "block_count": 28,
    "context_length": 32768,
    "embedding_length": 3584,
    "feed_forward_length": 18944,
    "attention.head_count": 28,
    "attention.head_count_kv": 4,
    "attention.layer_norm_rms_epsilon": 1e-6,
    "rope.freq_base": 1e6,
}
QWEN3 = {
    "block_count": 28,
    "context_length": 40960,
    "embedding_length": 1024,
    "feed_forward_length": 3072,
    "attention.head_count": 16,
    "attention.head_count_kv": 8,
    "attention.layer_norm_rms_epsilon": 1e-6,
    "rope.freq_base": 1e6,
    "attention.key_length": 128,
    "attention.value_length": 128,
}
QWEN3_MOE = QWEN3 | {
    "embedding_length": 2048,
    "attention.head_count": 32,
    "attention.head_count_kv": 4,
    "feed_forward_length": 6144,
    "expert_count": 128,
    "expert_used_count": 8,
    "expert_feed_forward_length": 768,
}
GEMMA2 = {
    "block_count": 26,
    "context_length": 8192,
    "embedding_length": 2304,
    "feed_forward_length": 9216,
    "attention.head_count": 8,
    "attention.head_count_kv": 4,
    "attention.layer_norm_rms_epsilon": 1e-6,
    "attention.key_length": 256,
    "attention.value_length": 256,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "attention.sliding_window": 4096,
}
GEMMA3 = {
    "block_count": 26,
    "context_length": 32768,
    "embedding_length": 1152,
    "feed_forward_length": 6912,
    "attention.head_count": 4,
    "attention.head_count_kv": 1,
    "attention.layer_norm_rms_epsilon": 1e-6,
    "attention.key_length": 256,
    "attention.value_length": 256,
    "rope.freq_base": 1e6,
    "attention.sliding_window": 512,
}
PHI3 = {
    "block_count": 32,
    "context_length": 4096,
    "embedding_length": 3072,
    "feed_forward_length": 8192,
    "attention.head_count": 32,
    "attention.head_count_kv": 32,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "rope.freq_base": 10000.0,
    "rope.dimension_count": 96,
    "attention.sliding_window": 0,
}
STABLELM = {
    "block_count": 24,
    "context_length": 4096,
    "embedding_length": 2048,
    "feed_forward_length": 5632,
    "attention.head_count": 32,
    "attention.head_count_kv": 32,
    "attention.layer_norm_epsilon": 1e-5,
    "rope.dimension_count": 16,
    "use_parallel_residual": True,
}
STARCODER2 = {
    "block_count": 30,
    "context_length": 16384,
    "embedding_length": 3072,
    "feed_forward_length": 12288,
    "attention.head_count": 24,
    "attention.head_count_kv": 2,
    "attention.layer_norm_epsilon": 1e-5,
}
#: By architecture, settings as such models' files have them, and the key that transformers makes something else of.
FAMILIES = [
    ("llama", LLAMA, None),
    ("llama", NEMO, None),
    ("llama", LLAMA | {"rope.freq_base": 1e4, "rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, "rope.scaling.type"),
    ("llama", LLAMA | {"expert_count": 8, "expert_used_count": 2}, "expert_count"),
    ("qwen2", QWEN2, None),
    ("qwen2", QWEN2 | {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": 32768}, "rope.scaling.type"),
    ("qwen3", QWEN3, None),
    ("qwen3", QWEN3 | {"attention.key_length": 64, "attention.value_length": 64}, "attention.key_length"),
    ("qwen3", {key: value for key, value in QWEN3.items() if key not in ("attention.key_length", "attention.value_length")}, "attention.key_length"),
    ("qwen3moe", QWEN3_MOE, None),
    ("qwen3moe", QWEN3_MOE | {"expert_feed_forward_length": 1024}, "expert_feed_forward_length"),
    ("gemma2", GEMMA2, None),
    ("gemma2", GEMMA2 | {"embedding_length": 4608, "attention.head_count": 32, "attention.key_length": 128, "attention.value_length": 128}, "attention.scale"),
    ("gemma2", GEMMA2 | {"final_logit_softcapping": 20.0}, "final_logit_softcapping"),
    ("gemma3", GEMMA3, None),
    ("gemma3", GEMMA3 | {"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}, "rope.scaling.type"),
    ("phi3", PHI3, None),
    ("phi3", PHI3 | {"attention.sliding_window": 2047}, "attention.sliding_window"),
    ("phi3", PHI3 | {"attention.sliding_window": 262144}, None),
    ("phi3", PHI3 | {"rope.scaling.attn_factor": 1.19}, "rope.scaling.attn_factor"),
    ("stablelm", STABLELM, None),
    ("stablelm", STABLELM | {"rope.freq_base": 1e6}, "rope.freq_base"),
    ("starcoder2", STARCODER2 | {"rope.freq_base": 1e4}, None),
    ("starcoder2", STARCODER2 | {"rope.freq_base": 999999.4375}, "rope.freq_base"),
]  # fmt: skip


@pytest.mark.parametrize(("architecture", "settings", "refused"), FAMILIES)
def test_settings_of_real_families(architecture, settings, refused, tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", architecture)
    for key, value in settings.items():
        add = {
            bool: writer.add_bool,
            int: writer.add_uint32,
            float: writer.add_float32,
            str: writer.add_string,
        }
        add[type(value)](f"{architecture}.{key}", value)
    writer.add_token_list(["a", "b", "c"])
    for block in range(settings["block_count"]):
        writer.add_tensor(f"blk.{block}.attn_norm.weight", np.zeros(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    config = AutoConfig.from_pretrained(tmp_path, gguf_file="m.gguf")
    header = read_header(tmp_path / "m.gguf")
    if refused is None:
        check_settings(tmp_path / "m.gguf", header.settings, config)
        return
    with pytest.raises(BaseModelError, match=f"m.gguf: key {architecture}.{refused}: expected "):
        check_settings(tmp_path / "m.gguf", header.settings, config)
