"""Tiny random models of the architectures that transformers has for causal language modelling.

A configuration is an architecture's own with every size made small, so that it keeps what is peculiar to it. Windows
and chunks are shorter than the prompts with which they are tried.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel

from .tiny_models import tiny_tokenizer

_WIDTH, _INNER, _BLOCKS, _HEADS, _WINDOW, _EXPERTS = 32, 48, 2, 4, 8, 4
#: Values of settings that many configurations share, by what they are called.
_SIZES = {
    **dict.fromkeys(("vocab_size", "vocab_size_per_layer_input"), 100),
    **dict.fromkeys(
        (
            "hidden_size", "n_embd", "d_model", "embed_dim", "word_embed_proj_dim", "embedding_size",
            "lru_width", "input_embedding_size", "output_embedding_size",
        ),
        _WIDTH,
    ),
    **dict.fromkeys(
        (
            "intermediate_size", "ffn_dim", "decoder_ffn_dim", "encoder_ffn_dim", "n_inner", "d_ff", "dff",
            "dim_feedforward", "feed_forward_size", "intermediate_size_mlp",
        ),
        _INNER,
    ),
    **dict.fromkeys(
        (
            "num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers",
            "num_encoder_layers", "num_decoder_layers",
        ),
        _BLOCKS,
    ),
    **dict.fromkeys(
        (
            "num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads",
            "encoder_attention_heads", "attention_heads", "num_encoder_attention_heads",
            "num_decoder_attention_heads",
        ),
        _HEADS,
    ),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "kv_n_heads"), 2),
    **dict.fromkeys(("head_dim", "dim_head", "attention_head_size"), 8),
    **dict.fromkeys(
        (
            "max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length", "n_ctx",
            "context_length", "max_target_positions",
        ),
        512,
    ),
    **dict.fromkeys(
        (
            "sliding_window", "attention_chunk_size", "window_size", "sliding_window_size", "local_attention",
            "attention_window", "attention_window_size",
        ),
        _WINDOW,
    ),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), _EXPERTS),
    **dict.fromkeys(
        ("num_experts_per_tok", "moe_k", "moe_topk", "num_experts_per_token", "top_k_experts", "n_group"), 2
    ),
    **dict.fromkeys(
        (
            "moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_hidden_size",
            "shared_intermediate_size",
        ),
        24,
    ),
    **dict.fromkeys(("topk_group", "first_k_dense_replace", "n_groups", "mamba_n_groups"), 1),
    **dict.fromkeys(("kv_lora_rank", "q_lora_rank", "v_head_dim", "hidden_size_per_layer_input"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim", "rotary_dim", "laurel_rank"), 4),
    **dict.fromkeys(("mamba_n_heads", "mamba_num_heads"), 8),
    **dict.fromkeys(("mamba_d_head", "mamba_head_dim", "mamba_d_state", "ssm_state_size", "state_size"), 8),
    **dict.fromkeys(("mamba_chunk_size", "chunk_size"), 16),
    **dict.fromkeys(("mamba_dt_rank", "time_step_rank"), 4),
    "mamba_d_ssm": 64, "mamba_expand": 2, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
    "linear_key_head_dim": 8, "linear_value_head_dim": 8, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2, "initializer_range": 0.2,
}  # fmt: skip
_ROTATION = {"rope_type": "default", "rope_theta": 10000.0}
_HYBRID = {"num_hidden_layers": 4, "layers_block_type": ["mamba", "hybrid"] * 2}
#: Keys and values of every head are made from few numbers, and have no heads of their own.
_LATENT = {"num_key_value_heads": _HEADS, "head_dim": 4}
#: What single architectures need besides.
_OWN = {
    **dict.fromkeys(
        (
            "axk1",
            "axk2",
            "bailing_hybrid",
            "deepseek_v2",
            "deepseek_v3",
            "deepseek_v32",
            "glm4_moe_lite",
            "glm_moe_dsa",
            "longcat_flash",
            "sarvam_mla",
            "youtu",
        ),
        _LATENT,
    ),
    "bamba": {"attn_layer_indices": [1]},
    "cohere_compass_text": {
        "rope_parameters": dict.fromkeys(("sliding_attention", "full_attention"), _ROTATION),
    },
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "rope_theta": 10000.0, "clip_qkv": 8},
        "ffn_config": {"hidden_size": 32, "ffn_hidden_size": 48, "moe_num_experts": 4, "moe_top_k": 2},
    },
    "dots1": {"n_shared_experts": 1},
    "gemma3n_text": {"num_kv_shared_layers": 0},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2},
    "kimi_linear": {**_LATENT, "linear_head_dim": 8, "linear_num_heads": 4},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "mamba2": {"num_heads": 8, "head_dim": 8},
    "minicpm3": {"num_key_value_heads": _HEADS},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "roc_bert": {"pronunciation_vocab_size": 20, "shape_vocab_size": 20},
    "rwkv": {"attention_hidden_size": 32},
    "reformer": {"is_decoder": True, "axial_pos_embds": False, "attn_layers": ["local", "local"]},
    "zamba": _HYBRID,
    "zamba2": _HYBRID,
    "zaya": {"num_experts_per_tok": 1},
}


#: Whose configuration is one of a whole of text, pictures and sound; the text's own is among the others.
_WHOLES = (
    "blt", "dots3_note", "emu3", "fuyu", "gemma3n", "gemma4", "gemma4_assistant", "gemma4_unified",
    "gemma4_unified_assistant", "git", "got_ocr2", "llama4", "mllama", "moss_transcribe_diarize", "musicgen",
    "musicgen_melody", "phi4_multimodal", "qwen3_5", "qwen3_5_moe", "qwen4_exp",
)  # fmt: skip
#: Which no few settings make small, or only of another kind.
_UNMADE = ("dots3_note_text", "inkling2_loop_text", "inkling2_text", "qwen4_exp_text")
#: A vision tower beside text, whose modules have the names of the text's.
_TOWER = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "image_size": 28, "patch_size": 14,
}  # fmt: skip
FAMILIES = tuple(
    sorted(name for name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES if name not in (*_WHOLES, *_UNMADE))
)


def tiny_config(family, **changes):
    """Return an architecture's configuration with every size made small, and some settings changed."""
    config_class = CONFIG_MAPPING[family]
    if family == "gemma3":
        text = tiny_config("gemma3_text")
        return config_class(text_config=text, vision_config=_TOWER, mm_tokens_per_image=4)
    default = config_class()
    known = {*default.to_dict(), *inspect.signature(config_class).parameters, *config_class.attribute_map}
    settings = {name: size for name, size in _SIZES.items() if name in known}
    own = _OWN.get(family, {})
    # One block of each kind, if there are several.
    kinds = list(dict.fromkeys(getattr(default, "layer_types", None) or ()))
    if len(kinds) > 1 and not any("layer" in name or "block" in name for name in own):
        settings |= {"layer_types": kinds, "num_hidden_layers": len(kinds)}
    return config_class(**(settings | own | changes))


def tiny_family(family: str, precision: str = "float32", **changes) -> LoadedModel:
    """Return a random model of an architecture, with a tokenizer."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(tiny_config(family, **changes)).eval().requires_grad_(False)
    base = BaseModel(family, Path(family), "fingerprint")
    return LoadedModel(base, model.to(getattr(torch, precision)), tiny_tokenizer(), precision)
