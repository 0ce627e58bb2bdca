"""Prefill without padding, on a GPU: prompts run once, their keys and values stay packed."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from manylora.blocks.packed_blocks import Attend, packed_states
from manylora.kernels.varlen_attention import varlen_attention
from manylora.models.loaded_model import LoadedModel
from manylora.packing.packing import PackedSequences, pack, split_prompts

#: Memory for what is computed of the prompts that are run at once.
PREFILL_BYTES = 4 << 30

#: For each block keys and values, each a tensor with heads and width among its dimensions.
Cache = list[tuple[torch.Tensor, torch.Tensor]]


class PrefilledPrompts:
    """Prefilled prompts of adapters.

    Parameters
    ----------
    prompts : for each adapter, equally many, as tokens

    Attributes
    ----------
    cache : for each block keys and values, (tokens, heads, width) each
    starts, lengths : of each prompt in there, one adapter's after another's, (prompts,) long
    states : what the model's head is given for the last token of each, (prompts, width)
    """

    def __init__(self, loaded: LoadedModel, prompts: Sequence[Sequence[Sequence[int]]]) -> None:
        at_once = PREFILL_BYTES // activation_bytes(loaded)
        parts = [
            pack([adapter_prompts[part] for adapter_prompts in prompts])
            for part in split_prompts(prompts, at_once)
        ]
        heads, width = key_heads(loaded)
        self.cache = empty_cache(loaded, (sum(len(part.ids) for part in parts), heads, width))
        first, starts, lengths, states = 0, [], [], []
        for part in (part.to(loaded.device) for part in parts):
            hidden = packed_states(
                loaded, part.ids, part.positions, part.adapter_segments, self._storing_at(first, part)
            )
            states.append(hidden[part.starts + part.lengths - 1].view(len(prompts), -1, hidden.shape[-1]))
            starts.append((part.starts + first).view(len(prompts), -1))
            lengths.append(part.lengths.view(len(prompts), -1))
            first += len(part.ids)
        self.states = torch.cat(states, dim=1).flatten(0, 1)
        self.starts = torch.cat(starts, dim=1).flatten()
        self.lengths = torch.cat(lengths, dim=1).flatten()

    def _storing_at(self, first: int, part: PackedSequences) -> Attend:
        def attend(
            block: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
        ) -> torch.Tensor:
            for cached, new in zip(self.cache[block], (keys, values), strict=True):
                cached[first : first + len(new)] = new
            return varlen_attention(queries, keys, values, part.sequence_segments)

        return attend


def empty_cache(loaded: LoadedModel, shape: tuple[int, ...]) -> Cache:
    """Return an empty cache for the keys and values of every block."""

    def empty() -> torch.Tensor:
        return torch.empty(shape, dtype=loaded.model.dtype, device=loaded.device)

    return [(empty(), empty()) for _ in range(loaded.blocks)]


def key_heads(loaded: LoadedModel) -> tuple[int, int]:
    """Return the number of a block's key heads, and their width."""
    attention = loaded.model.get_decoder().layers[0].self_attn
    return int(loaded.model.config.num_key_value_heads), int(attention.head_dim)


def activation_bytes(loaded: LoadedModel) -> int:
    """Return about how much memory is needed, at most, to run one token through a block."""
    config = loaded.model.config
    _, width = key_heads(loaded)
    channels = 8 * config.hidden_size + 4 * config.intermediate_size + 4 * config.num_attention_heads * width
    return int(channels * loaded.model.dtype.itemsize)
