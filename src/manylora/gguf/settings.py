"""The settings of a GGUF file, each held against what transformers makes of the file.

Transformers takes the settings that it knows and passes over the others without a word, and where a file says
nothing it falls back on one checkpoint's values. So every setting of the architecture has to be one whose
counterpart is known here, with the same value. The most telling ones count where a file leaves them out, too,
with the value that llama.cpp takes. Whatever else a file says about its model is refused by its key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from manylora.errors import BaseModelError

Settings = Mapping[str, Any]
#: What is made of a setting that a model does not depend on.
_WITHOUT_EFFECT = object()
#: Beside the architecture's own: these describe the file and how it was made, not what is computed.
_DESCRIPTIVE = ("general", "quantize", "mradermacher")
#: Behind "tokenizer."; what transformers makes of them is checked elsewhere.
_OF_TOKENIZERS = re.compile(
    r"chat_templates?|chat_template\..*|huggingface\.json|ggml\.("
    r"model|pre|tokens|token_type|token_type_count|scores|merges|add_(space_prefix|(bos|eos|sep)_token)|"
    r"(bos|eos|eot|eom|unknown|sepe?a?rator|padding|mask|cls|prefix|suffix|middle)_token_id|"
    r"fim_(pre|suf|mid|pad|rep|sep)_token_id)"
)


def check_settings(file: Path, settings: Settings, config: Any) -> None:
    """Check that a file says nothing of its model that transformers does not take.

    Parameters
    ----------
    settings : all metadata by key; arrays of the tokenizer may be left out
    config : what transformers makes of the file

    Raises
    ------
    BaseModelError
        A setting is not understood, or transformers makes something else of it.
    """
    architecture, config = str(settings["general.architecture"]), config.get_text_config()
    stated = {}
    for key, value in settings.items():
        namespace, _, name = key.partition(".")
        if namespace == architecture:
            stated[name] = value
        elif namespace == "tokenizer":
            if not _OF_TOKENIZERS.fullmatch(name):
                raise _not_understood(file, key, value)
        elif namespace not in _DESCRIPTIVE and key not in ("split.no", "split.count", "split.tensors.count"):
            raise _not_understood(file, key, value)
    for name, value in _effective(stated, config).items():
        if name not in _COUNTERPARTS:
            raise _not_understood(file, f"{architecture}.{name}", value)
        made = _COUNTERPARTS[name](config)
        if not _same(value, made):
            whose = "" if name in stated else "the default "
            raise BaseModelError(
                f"{file}: key {architecture}.{name}: expected {made!r:.60}, as transformers makes it, "
                f"got {whose}{value!r:.60}"
            )


def _not_understood(file: Path, key: str, value: object) -> BaseModelError:
    return BaseModelError(
        f"{file}: key {key}: expected settings that are understood alone, got {value!r:.60}"
    )


def _of(*names: str, default: Any = None) -> Callable[[Any], Any]:
    """Return a reader of the first of some attributes that a configuration has."""

    def read(config: Any) -> Any:
        values = (getattr(config, name, None) for name in names)
        return next((value for value in values if value is not None), default)

    return read


_context = _of("max_position_embeddings", "n_positions", default=_WITHOUT_EFFECT)


def _head_width(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _key_value_heads(config: Any) -> Any:
    heads = _of("num_key_value_heads", "num_kv_heads", "num_attention_heads")(config)
    kinds = getattr(config, "layer_types", None) or ()
    return [heads if kind == "full_attention" else 0 for kind in kinds] if "conv" in kinds else heads


def _rope(config: Any, kind: str = "full_attention") -> Mapping[str, Any]:
    rope: Mapping[str, Any] = getattr(config, "rope_parameters", None) or {}
    return rope.get(kind) or rope


def _attention_scale(config: Any) -> float:
    scalar = getattr(config, "query_pre_attn_scalar", None) or _head_width(config)
    return float(getattr(config, "attention_multiplier", None) or scalar**-0.5)


def _window(config: Any) -> int | None:
    """Return the window of attention in tokens; None for all that the model is made for."""
    window, longest = getattr(config, "sliding_window", None), _context(config)
    return None if not window or (isinstance(longest, int) and window >= longest) else int(window)


def _windowed(config: Any) -> list[bool]:
    return [kind == "sliding_attention" for kind in getattr(config, "layer_types", None) or ()]


def _feed_forward(config: Any) -> Any:
    return _of("intermediate_size", "ffn_hidden_size", "n_inner", default=4 * config.hidden_size)(config)


def _rotary_width(config: Any) -> Any:
    share = _rope(config).get("partial_rotary_factor", 1.0)
    return _of("rotary_dim", default=_head_width(config) * share)(config)


def _rope_kind(config: Any) -> str:
    kind = str(_rope(config).get("rope_type", "default"))
    return "none" if kind == "default" else kind


def _of_rope(name: str, kind: str = "full_attention", default: Any = None) -> Callable[[Any], Any]:
    return lambda config: _rope(config, kind).get(name) or default


def _gating(config: Any) -> int:
    return 2 if getattr(config, "scoring_func", None) == "sigmoid" else 1


def _inner_size(config: Any) -> int | None:
    values = getattr(config, "linear_num_value_heads", None)
    inner = values * config.linear_value_head_dim if values else _of("intermediate_size")(config)
    return None if inner is None else int(inner)


def _always(value: Any) -> Callable[[Any], Any]:
    """Return a reader of a setting of which transformers makes one thing only."""
    return lambda config: value


_COUNTERPARTS: dict[str, Callable[[Any], Any]] = {
    "vocab_size": _of("vocab_size"),
    "context_length": _context,
    "embedding_length": _of("hidden_size"),
    "block_count": _of("num_hidden_layers"),
    "feed_forward_length": _feed_forward,
    "use_parallel_residual": _of("use_parallel_residual", "parallel_attn", default=False),
    "attention.head_count": _of("num_attention_heads"),
    "attention.head_count_kv": _key_value_heads,
    "attention.key_length": _head_width,
    "attention.value_length": _head_width,
    "attention.layer_norm_rms_epsilon": _of("rms_norm_eps", "norm_eps", "layer_norm_epsilon"),
    "attention.layer_norm_epsilon": _of("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"),
    "attention.causal": _always(True),
    "attention.scale": _attention_scale,
    "attention.sliding_window": _window,
    "attention.sliding_window_pattern": _windowed,
    "attn_logit_softcapping": _of("attn_logit_softcapping"),
    "final_logit_softcapping": _of("final_logit_softcapping"),
    "logit_scale": _of("logit_scale", default=1.0),
    "residual_scale": _of("residual_multiplier", default=1.0),
    "embedding_scale": _of("embedding_multiplier", default=1.0),
    "rope.dimension_count": _rotary_width,
    "rope.dimension_sections": _of_rope("mrope_section"),
    "rope.freq_base": _of_rope("rope_theta"),
    "rope.freq_base_swa": _of_rope("rope_theta", "sliding_attention"),
    "rope.scale_linear": _always(1.0),
    "rope.scaling.type": _rope_kind,
    "rope.scaling.factor": _of_rope("factor", default=1.0),
    "rope.scaling.original_context_length": _of_rope("original_max_position_embeddings"),
    "rope.scaling.attn_factor": _of_rope("attention_factor", default=1.0),
    "rope.scaling.yarn_attn_factor": _of_rope("attention_factor", default=1.0),
    "rope.scaling.yarn_beta_fast": _of_rope("beta_fast"),
    "rope.scaling.yarn_beta_slow": _of_rope("beta_slow"),
    "expert_count": _of("num_local_experts", "num_experts", default=0),
    "expert_used_count": _of("num_experts_per_tok", default=0),
    "expert_shared_count": _of("n_shared_experts", default=0),
    "expert_feed_forward_length": _of("moe_intermediate_size", "intermediate_size"),
    "expert_shared_feed_forward_length": _of("shared_expert_intermediate_size"),
    "expert_weights_norm": _of("norm_topk_prob", default=False),
    "expert_weights_scale": _of("routed_scaling_factor", default=1.0),
    "expert_gating_func": _gating,
    "leading_dense_block_count": _of("first_k_dense_replace", default=0),
    "nextn_predict_layers": _always(0),
    "pooling_type": _always(0),
    "full_attention_interval": _of("full_attention_interval"),
    "shortconv.l_cache": _of("conv_L_cache"),
    "ssm.conv_kernel": _of("conv_kernel", "linear_conv_kernel_dim"),
    "ssm.state_size": _of("state_size", "linear_key_head_dim"),
    "ssm.group_count": _of("linear_num_key_heads"),
    "ssm.time_step_rank": _of("time_step_rank", "linear_num_value_heads"),
    "ssm.inner_size": _inner_size,
}


def _effective(stated: Settings, config: Any) -> dict[str, Any]:
    """Return a file's settings and llama.cpp's where it says nothing, less those without effect."""
    heads, width = stated.get("attention.head_count"), stated.get("embedding_length")
    implied: dict[str, Any] = {"attention.sliding_window": None, "expert_count": 0}
    if isinstance(heads, int) and heads and isinstance(width, int):
        head_width = stated.get("attention.key_length", width // heads)
        implied |= {"attention.key_length": head_width, "attention.scale": head_width**-0.5}
    if _rope(config).get("rope_theta"):
        implied["rope.freq_base"] = 10000.0
    given = {**implied, **stated}
    window, longest = given["attention.sliding_window"], stated.get("context_length", math.inf)
    if not window or (isinstance(window, int) and window >= longest):
        given["attention.sliding_window"] = None
    scaling = _rope_scaling(given)
    return {name: value for name, value in given.items() if not name.startswith("rope.scaling.")} | scaling


def _rope_scaling(stated: Settings) -> dict[str, Any]:
    """Return how positions are scaled, without what then has no effect."""
    scaling = {name: value for name, value in stated.items() if name.startswith("rope.scaling.")}
    scaling.pop("rope.scaling.finetuned", None)  # says of a model that it was trained with them
    factor = scaling.pop("rope.scaling.factor", None) or 1.0
    length = scaling.pop("rope.scaling.original_context_length", None)
    kind = scaling.pop("rope.scaling.type", "linear" if factor != 1 else "none")
    if kind == "none" or (kind == "linear" and factor == 1):
        return scaling | {"rope.scaling.type": "none"}
    scaling |= {"rope.scaling.type": kind, "rope.scaling.factor": factor}
    return scaling if length is None else scaling | {"rope.scaling.original_context_length": length}


def _same(stated: Any, made: Any) -> bool:
    """Tell if a setting was kept in the configuration; numbers may have been rounded to single precision."""
    if made is _WITHOUT_EFFECT:
        return True
    if isinstance(stated, list) and isinstance(made, list):
        return len(stated) == len(made) and all(map(_same, stated, made))
    if isinstance(stated, list):
        return bool(stated) and all(_same(value, made) for value in stated)
    if isinstance(made, list) and isinstance(stated, int) and not isinstance(stated, bool):
        # One layer in so many sees all that came before; the others, a window.
        return stated > 0 and made == [(layer + 1) % stated != 0 for layer in range(len(made))] != []
    if isinstance(stated, int | float) and isinstance(made, int | float):
        return math.isclose(stated, made, rel_tol=1e-5)
    return bool(stated == made)
