"""Attention of one new token a row on a GPU, without copies of keys and values that several heads share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from manylora.attributes import replaced
from manylora.models.loaded_model import LoadedModel

_NAME = "manylora_decoding"
#: Those that need no plan for each new length, as cuDNN's does.
_BACKENDS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


def _attention(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
    attention_mask: torch.Tensor | None, scaling: float | None = None, **kwargs: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    if query.shape[2] > 1:
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    rows, heads, _, width = query.shape
    # Heads that share keys are queries of one head.
    grouped = query.view(rows, key.shape[1], heads // key.shape[1], width)
    output = torch.nn.functional.scaled_dot_product_attention(
        grouped, key, value, attn_mask=attention_mask, scale=scaling
    )
    return output.reshape(rows, 1, heads, value.shape[-1]), None


AttentionInterface.register(_NAME, _attention)
AttentionMaskInterface.register(_NAME, sdpa_mask)


@contextmanager
def fast_decoding(loaded: LoadedModel) -> Iterator[None]:
    """Let a model on a GPU attend in this way while the block runs; others are left as they are."""
    config = loaded.model.config.get_text_config()
    if loaded.device.type != "cuda" or config._attn_implementation != "sdpa":
        yield
    else:
        with replaced(config, _attn_implementation=_NAME), sdpa_kernel(_BACKENDS):
            yield
