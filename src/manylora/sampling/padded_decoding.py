"""Prompts of different lengths continued together, token by token, through any model's own blocks.

Padding stands before the prompts, so that the tokens of every row follow each other without a gap; a mask
hides it from attention and from recurrent states.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from manylora.attributes import replaced
from manylora.models.labelled_logits import logits_at
from manylora.models.loaded_model import LoadedModel
from manylora.models.sequence_limits import check_length
from manylora.packing.padding import pad_left
from manylora.sampling.active_sequences import ActiveSequences
from manylora.sampling.preallocated_cache import preallocated_cache
from manylora.sampling.sampling_requests import Completion

_NAME = "manylora_decoding"
#: Those that need no plan for each new length, as cuDNN's does.
_BACKENDS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
#: Steps between two synchronisations with a GPU: it waits for the CPU, and the CPU for it.
_SYNC_EVERY = 4


def _attention(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
    attention_mask: torch.Tensor | None, scaling: float | None = None, **kwargs: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """Attend with one new token a row, without copies of keys and values that several heads share."""
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
    """Let a model on a GPU attend without copies while the block runs; others are left as they are."""
    config = loaded.model.config.get_text_config()
    if loaded.device.type != "cuda" or config._attn_implementation != "sdpa":
        yield
    else:
        with replaced(config, _attn_implementation=_NAME), sdpa_kernel(_BACKENDS):
            yield


class PaddedDecoding:
    """Rows that are continued, with what the model remembers of them.

    Parameters
    ----------
    prompts : token sequences, one for each row
    max_new_tokens : tokens by which they are continued at most

    Attributes
    ----------
    logits : (rows, vocabulary), of each row's next token
    """

    def __init__(self, loaded: LoadedModel, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> None:
        self._loaded = loaded
        ids, self._mask = (rows.to(loaded.device) for rows in pad_left(prompts))
        check_length(loaded, ids.shape[1] + max_new_tokens)
        self._positions = (self._mask.cumsum(1) - 1).clamp_min(0)
        self._accepted = inspect.signature(loaded.model.forward).parameters
        self._cache = preallocated_cache(loaded, ids.shape[1] + max_new_tokens)
        last = torch.arange(1, len(ids) + 1, device=loaded.device) * ids.shape[1] - 1
        with logits_at(loaded, last):
            self.logits: torch.Tensor = self._run(ids, self._mask).logits[0]
        self._positions = self._positions[:, -1:]

    def step(self, tokens: torch.Tensor) -> None:
        """Continue every row by a token, (rows,) long."""
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(self._mask), 1))], dim=1)
        self._positions = self._positions + 1
        # A model without attention has the prompts' padding behind it, and looks at the mask of what is new.
        mask = self._mask if self._loaded.has_attention else None
        self.logits = self._run(tokens[:, None], mask).logits[:, -1]

    def select(self, rows: torch.Tensor) -> None:
        """Go on with some rows, (rows,) long, each as often as it is named."""
        self._cache.reorder_cache(rows)  # type: ignore[arg-type]
        self._mask, self._positions = self._mask[rows], self._positions[rows]
        self.logits = self.logits[rows]

    def _run(self, ids: torch.Tensor, mask: torch.Tensor | None) -> Any:
        # Models without positions of their own take none.
        arguments = {"attention_mask": mask, "position_ids": self._positions}
        return self._loaded.model(
            ids,
            **{name: value for name, value in arguments.items() if name in self._accepted},
            **self._loaded.cache_arguments(self._cache),
        )


def decode(
    decoding: PaddedDecoding,
    active: ActiveSequences,
    choose: Callable[[torch.Tensor, int], torch.Tensor],
    *,
    compacts: bool = True,
) -> list[Completion]:
    """Continue rows token by token until all have ended or are as long as they may be.

    Parameters
    ----------
    active : all of the rows
    choose : given the logits of the rows that are left, (rows, vocabulary), and the number of the step, their
        tokens, (rows,) long
    compacts : take rows that have ended out of the batch
    """
    sync_every = 1 if decoding.logits.device.type != "cuda" else _SYNC_EVERY
    for step in range(active.max_new_tokens):
        tokens = choose(decoding.logits, step)
        active.append(tokens, step)
        if step + 1 == active.max_new_tokens:
            break
        kept = active.compaction() if (step + 1) % sync_every == 0 else None
        if kept is not None and not len(kept):
            break
        if kept is not None and compacts:
            decoding.select(kept)
            tokens = tokens[kept]
            active.keep(kept)
        decoding.step(tokens)
    return active.completions()


@torch.inference_mode()
def greedy_answers(loaded: LoadedModel, prompts: Sequence[Sequence[int]], length: int) -> list[list[int]]:
    """Return the most probable continuation of each prompt, token by token.

    Parameters
    ----------
    length : tokens of an answer, fewer where the model ends it; the end itself is not part of it
    """
    decoding = PaddedDecoding(loaded, prompts, length)
    active = ActiveSequences(len(prompts), 1, length, loaded.end_tokens, loaded.device)
    # Rows stay, as a smaller batch would be rounded otherwise.
    completions = decode(decoding, active, lambda logits, _: logits.argmax(-1), compacts=False)
    return [list(completion.tokens) for completion in completions]
