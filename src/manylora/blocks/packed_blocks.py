"""Blocks of the Llama family on packed tokens: no padding, and little memory moved.

Tokens of all sequences stand one after another, (tokens, width); attention alone knows where one ends and the
next begins, and is the caller's. Where a GPU computes, what is done between products is fused. Models that do
not look like this go through transformers' own blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch

from manylora.models.loaded_model import LoadedModel
from manylora.packing.segments import Segments

#: Block, queries (tokens, heads, width), keys and values (tokens, heads that may be fewer, width) to what is
#: attended to (tokens, heads, width).
Attend = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
_FAMILY = frozenset({"llama", "qwen2", "mistral"})
#: Those whose tiles fit in what every GPU with bfloat16 has of fast memory.
_HEAD_WIDTHS = frozenset({8, 16, 32, 64, 128})
#: Those whose angles do not depend on how long the longest sequence is.
_ROTATIONS = frozenset({"default", "linear", "llama3", "yarn"})


def is_packable(loaded: LoadedModel) -> bool:
    """Tell if a model's blocks can be computed here, with kernels that need a GPU and 16 bits."""
    config = loaded.model.config
    if config.model_type not in _FAMILY:
        return False
    rope = getattr(config, "rope_parameters", None) or {}
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return (
        loaded.device.type == "cuda"
        # Before, tensor cores did not know bfloat16.
        and torch.cuda.get_device_capability(loaded.device) >= (8, 0)
        and find_spec("triton") is not None
        and loaded.model.dtype == torch.bfloat16
        and config.hidden_act == "silu"
        and width in _HEAD_WIDTHS
        and rope.get("rope_type") in _ROTATIONS
        # The loss is taken from the head's weights alone.
        and type(head := loaded.model.get_output_embeddings()) is torch.nn.Linear
        and head.bias is None
        and set(getattr(config, "layer_types", None) or ["full_attention"]) == {"full_attention"}
        and (config.model_type != "mistral" or config.sliding_window is None)
    )


def packed_states(
    loaded: LoadedModel, ids: torch.Tensor, positions: torch.Tensor, segments: Segments, attend: Attend
) -> torch.Tensor:
    """Return the hidden states that the model's head is given, (tokens, width).

    Parameters
    ----------
    ids, positions : (tokens,) long
    segments : which adapter's each token is
    """
    from manylora.blocks.fused_projections import gated_projection, project
    from manylora.kernels.norm_rope_loss import apply_rotary, rms_norm

    core, config = loaded.model.get_decoder(), loaded.model.config
    heads = config.num_attention_heads, config.num_key_value_heads
    states = core.embed_tokens(ids)
    cosines, sines = (angles[0].contiguous() for angles in core.rotary_emb(states[None], positions[None]))
    for index, block in enumerate(core.layers):
        attention, mlp = block.self_attn, block.mlp
        states, inputs = rms_norm(states, *_norm(block.input_layernorm))
        qkv = project(inputs, (attention.q_proj, attention.k_proj, attention.v_proj), segments)
        attended = attend(index, *apply_rotary(qkv, cosines, sines, *heads)).reshape(len(ids), -1)
        states = project(attended, (attention.o_proj,), segments, states)
        states, inputs = rms_norm(states, *_norm(block.post_attention_layernorm))
        activations = gated_projection(inputs, mlp.gate_proj, mlp.up_proj, segments)
        states = project(activations, (mlp.down_proj,), segments, states)
    return rms_norm(states, *_norm(core.norm))[1]


def _norm(module: Any) -> tuple[torch.Tensor, float]:
    return module.weight, float(module.variance_epsilon)
