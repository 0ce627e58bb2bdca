"""Models of several architectures, written as GGUF files and converted, say what they said before."""

import gguf
import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3TextConfig,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
    Qwen3MoeConfig,
    StableLmConfig,
    Starcoder2Config,
)

from manylora.errors import BaseModelError
from manylora.gguf.conversion import convert_gguf

from ..tiny_models import TEMPLATE, write_tiny_gguf

IDS = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]])
SIZES = {
    "vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": None, "bos_token_id": 1, "eos_token_id": 2,
    "initializer_range": 0.2,
}  # fmt: skip
COMMON = {
    "block_count": 2,
    "context_length": 64,
    "embedding_length": 32,
    "feed_forward_length": 48,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}
RMS, LAYER_NORM = {"attention.layer_norm_rms_epsilon": 1e-5}, {"attention.layer_norm_epsilon": 1e-5}
#: By GGUF's name of an architecture: the configuration, what the file says beyond what is common, and what its converter adds to norms.
MODELS = {
    "qwen2": (Qwen2Config(**SIZES, rms_norm_eps=1e-5, rope_theta=5e5), RMS | {"rope.freq_base": 5e5}, 0),
    "qwen3": (Qwen3Config(**SIZES, head_dim=128, rms_norm_eps=1e-5), RMS | {"rope.freq_base": 1e4, "attention.key_length": 128, "attention.value_length": 128}, 0),
    "phi3": (Phi3Config(**SIZES, rms_norm_eps=1e-5), RMS | {"rope.freq_base": 1e4, "rope.dimension_count": 8, "attention.sliding_window": 0}, 0),
    "gemma2": (
        Gemma2Config(**SIZES, head_dim=256, query_pre_attn_scalar=256, sliding_window=4, rms_norm_eps=1e-5),
        RMS | {"attention.key_length": 256, "attention.value_length": 256, "attention.sliding_window": 4, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0}, 1,
    ),
    "gemma3": (
        Gemma3TextConfig(**SIZES, head_dim=256, query_pre_attn_scalar=256, sliding_window=4, rms_norm_eps=1e-5),
        RMS | {"attention.key_length": 256, "attention.value_length": 256, "attention.sliding_window": 4, "rope.freq_base": 1e6}, 1,
    ),
    "stablelm": (StableLmConfig(**SIZES, layer_norm_eps=1e-5), LAYER_NORM | {"rope.dimension_count": 2, "use_parallel_residual": False}, 0),
    "starcoder2": (Starcoder2Config(**SIZES, norm_epsilon=1e-5), LAYER_NORM | {"rope.freq_base": 1e4}, 0),
    "qwen3moe": (
        Qwen3MoeConfig(**SIZES, head_dim=8, rms_norm_eps=1e-5, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=768, norm_topk_prob=True),
        RMS | {"rope.freq_base": 1e4, "attention.key_length": 8, "attention.value_length": 8, "expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": 768}, 0,
    ),
}  # fmt: skip


def write(file, architecture, model, settings, norm_offset):
    writer = gguf.GGUFWriter(file, architecture)
    for key, value in (COMMON | settings).items():
        add = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32}[type(value)]
        add(f"{architecture}.{key}", value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(["<pad>", "<s>", "</s>", *map(chr, range(33, 127)), "\u0120", "\u010a", "ab"])
    writer.add_token_types([3] * 3 + [1] * 97)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_chat_template(TEMPLATE)
    number = next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(number, 2)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        numbers = tensor.numpy().astype(np.float32)
        if "norm" in name and name.endswith("weight"):
            numbers = numbers + norm_offset
        block = name.split(".")[2] if "layers" in name else ""
        if name.endswith("experts.gate_up_proj"):
            for half, part in zip(("gate", "up"), np.split(numbers, 2, axis=1), strict=True):
                writer.add_tensor(f"blk.{block}.ffn_{half}_exps.weight", np.ascontiguousarray(part))
        elif name.endswith("experts.down_proj"):
            writer.add_tensor(f"blk.{block}.ffn_down_exps.weight", numbers)
        else:
            writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def tiny(architecture):
    torch.manual_seed(0)
    config, settings, offset = MODELS[architecture]
    return AutoModelForCausalLM.from_config(config).eval(), settings, offset


@pytest.mark.parametrize("architecture", MODELS)
@torch.inference_mode()
def test_a_converted_model_says_the_same(architecture, tmp_path):
    model, settings, offset = tiny(architecture)
    file = write(tmp_path / "m.gguf", architecture, model, settings, offset)
    convert_gguf(file, tmp_path / "folder")
    converted = AutoModelForCausalLM.from_pretrained(tmp_path / "folder", dtype=torch.float32).eval()
    torch.testing.assert_close(converted(IDS).logits, model(IDS).logits, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["gemma2", "gemma3", "qwen3"])
def test_what_transformers_takes_from_one_checkpoint_for_all_is_refused(architecture, tmp_path):
    """Of other head widths than that checkpoint's, attention would be scaled or cut otherwise."""
    model, settings, offset = tiny(architecture)
    file = write(tmp_path / "m.gguf", architecture, model, settings | {"attention.key_length": 64}, offset)
    with pytest.raises(
        BaseModelError, match=rf"key {architecture}\.attention\.(scale|key_length|value_length): "
    ):
        convert_gguf(file, tmp_path / "folder")


LLAMA3 = {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_theta": 5e5}  # fmt: skip


def llama_cpp_factors(width, theta, factor, low=1, high=4, context=8192):
    """As its converter writes them: wavelengths beyond the context are stretched, short ones are not."""
    wavelengths = 2 * np.pi * theta ** (np.arange(0, width, 2) / width)
    smooth = np.clip((context / wavelengths - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / factor + smooth)).astype(np.float32)


@pytest.mark.parametrize("factor", [8.0, 32.0])
def test_llama_3_s_scaled_rotations_are_taken(factor, tmp_path):
    file = tmp_path / "m.gguf"
    write_tiny_gguf(file, more=lambda w: [w.add_rope_freq_base(5e5), w.add_tensor("rope_freqs.weight", llama_cpp_factors(8, 5e5, factor))])  # fmt: skip
    convert_gguf(file, tmp_path / "folder")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "folder")
    assert model.config.rope_parameters == LLAMA3 | {"factor": factor}
    expected = 5e5 ** -(np.arange(0, 8, 2) / 8) / llama_cpp_factors(8, 5e5, factor)
    torch.testing.assert_close(model.model.rotary_emb.inv_freq, torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize("factors", [[8.0, 8, 8, 8], [1, 2, 3, 4], [0.0, 1, 1, 1], [1.0, 1, 8]])
def test_other_factors_of_rotations_are_refused(factors, tmp_path):
    def more(writer):
        writer.add_rope_freq_base(5e5)
        writer.add_tensor("rope_freqs.weight", np.array(factors, np.float32))

    file = write_tiny_gguf(tmp_path / "m.gguf", more=more)
    with pytest.raises(
        BaseModelError, match=r"m\.gguf: tensor rope_freqs\.weight: expected Llama 3's factors"
    ):
        convert_gguf(file, tmp_path / "folder")


def test_factors_that_are_all_one_scale_nothing(tmp_path):
    file = write_tiny_gguf(tmp_path / "m.gguf", more=lambda w: w.add_tensor("rope_freqs.weight", np.ones(4, np.float32)))  # fmt: skip
    convert_gguf(file, tmp_path / "folder")
    config = AutoModelForCausalLM.from_pretrained(tmp_path / "folder").config
    assert config.rope_parameters == {"rope_type": "default", "rope_theta": 10000.0}
