"""Sampling on a GPU from models whose blocks can be packed: a step of all rows is one captured graph.

Nothing that is drawn is looked at on the CPU but how many rows are still open, every few steps and one step
late, so that the GPU never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from manylora.blocks.packed_blocks import packed_states
from manylora.kernels.decode_attention import attended_to_prompt_and_own
from manylora.kernels.top_p_sampling import drawing_bytes, drawn_tokens
from manylora.models.device_memory import free_bytes
from manylora.models.loaded_model import LoadedModel
from manylora.packing.cuda_graphs import CapturedCalls
from manylora.packing.segments import Spans, spans_of
from manylora.sampling.active_sequences import OpenRows, rows_worth_keeping
from manylora.sampling.packed_prefill import (
    PREFILL_BYTES,
    PrefilledPrompts,
    activation_bytes,
    empty_cache,
    key_heads,
)
from manylora.sampling.sampling_requests import Completion, Request, Sampling, uniforms_of

#: Share of what is free that is planned with.
_GPU_SHARE = 0.9
#: Rows whose logits are in memory at once.
_LOGIT_ROWS = 2048
#: Steps between two looks at how many rows are open.
_LOOK_EVERY = 4
#: What a smaller batch must save, in floating-point operations: to capture it takes about as long as these.
_CAPTURE_OPERATIONS = 1.5e13
#: With fewer steps to come, replaying does not pay.
_LEAST_REPLAYS = 4


def requests_that_fit(
    loaded: LoadedModel, adapters: int, samples: int, longest_prompt: int, longest: int
) -> int:
    """Return how many requests of each adapter can be sampled at once, at least one.

    Parameters
    ----------
    samples : of each
    longest_prompt, longest : tokens of a prompt and of an answer
    """
    heads, width = key_heads(loaded)
    vocabulary, size = loaded.model.config.vocab_size, loaded.model.dtype.itemsize
    token = 2 * loaded.blocks * heads * width * size
    each = adapters * (samples * (token * longest + activation_bytes(loaded)) + token * longest_prompt)
    spare = _LOGIT_ROWS * vocabulary * size + drawing_bytes(_LOGIT_ROWS, vocabulary) + PREFILL_BYTES
    return max(1, int((_GPU_SHARE * free_bytes(loaded.device) - spare) // each))


def sampled_rows(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    """Sample from requests of one adapter after another, equally many of each with equally many samples.

    Returns
    -------
    list
        Completions of one request after another.

    Raises
    ------
    torch.OutOfMemoryError
        So many do not fit.
    """
    decoding = _Decoding(loaded, requests, sampling, adapters)
    try:
        decoding.run()
        return decoding.rows.completions()
    finally:
        decoding.close()


class _Decoding:
    """Rows that are being sampled. What a step reads stays where it is from one step to the next."""

    def __init__(
        self, loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
    ) -> None:
        self._loaded, self._sampling, self._adapters = loaded, sampling, adapters
        device, samples, each = loaded.device, requests[0].samples, len(requests) // adapters
        tokens = [one.tokens for one in requests]
        prompts = PrefilledPrompts(loaded, [tokens[k * each : (k + 1) * each] for k in range(adapters)])
        heads, width = key_heads(loaded)
        rows = len(requests) * samples
        self._prompts = prompts.cache
        self._own = empty_cache(loaded, (rows, heads, sampling.longest - 1, width))
        self.rows = OpenRows(rows, adapters, sampling.longest, loaded.end_tokens, device)
        uniforms = np.concatenate([uniforms_of(one, sampling.longest) for one in requests])
        self._uniforms = torch.from_numpy(uniforms).to(device)
        request = torch.arange(len(requests), device=device).repeat_interleave(samples)
        self._starts, self._lengths = prompts.starts[request], prompts.lengths[request]
        self._spans = _equal_spans(adapters, rows, device)
        # The last token of each row, and how many have been drawn.
        self._tokens = torch.empty(rows, dtype=torch.long, device=device)
        self._drawn = torch.zeros(1, dtype=torch.long, device=device)
        self._draw(prompts.states[request])
        self._captured: CapturedCalls | None = None

    def run(self) -> None:
        """Draw all tokens."""
        longest, step = self._sampling.longest, self._repeatable(self._sampling.longest - 1)
        operations = 2 * sum(one.numel() for one in self._loaded.model.parameters()) * self._adapters
        looked: _LateNumber | None = None
        for drawn in range(1, longest):
            step()
            left = longest - 1 - drawn
            if looked is not None:
                needed, each = looked.value(), len(self._tokens) // self._adapters
                if not needed:
                    break
                fewer = rows_worth_keeping(needed, each, _CAPTURE_OPERATIONS / (operations * max(left, 1)))
                if fewer < each and left:
                    self._keep(fewer, drawn)
                    step = self._repeatable(left)
            looked = _LateNumber(self.rows.most_open()) if drawn % _LOOK_EVERY == 0 else None

    def close(self) -> None:
        """Give back the memory."""
        if self._captured is not None:
            self._captured.forget()
        # It knows this object, which would so outlive its last user.
        self._captured = None
        self._prompts, self._own = [], []
        torch.cuda.empty_cache()

    def _step(self) -> torch.Tensor:
        """Run the tokens that were drawn last, and draw the next."""
        slot = self._drawn - 1
        scale = float(self._loaded.model.get_decoder().layers[0].self_attn.scaling)

        def attend(
            block: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
        ) -> torch.Tensor:
            return attended_to_prompt_and_own(
                queries, keys, values, self._prompts[block], self._own[block],
                self._starts, self._lengths, slot, scale,
            )  # fmt: skip

        states = packed_states(self._loaded, self._tokens, self._lengths + slot, self._spans, attend)
        self._draw(states)
        return self._tokens

    def _draw(self, states: torch.Tensor) -> None:
        head = self._loaded.model.get_output_embeddings()
        uniforms = self._uniforms[self.rows.rows, self._drawn]
        for first in range(0, len(states), _LOGIT_ROWS):
            some = slice(first, first + _LOGIT_ROWS)
            self._tokens[some] = drawn_tokens(
                head(states[some]), uniforms[some], self._sampling.temperature, self._sampling.top_p
            )
        self.rows.append(self._tokens, self._drawn)
        self._drawn += 1

    def _keep(self, each: int, filled: int) -> None:
        """Go on with so many rows of each adapter, block by block so that little is held twice.

        Parameters
        ----------
        filled : own tokens whose keys and values are there
        """
        kept = self.rows.open_places(each)
        for own in self._own:
            for one in own:
                one[: len(kept), :, :filled] = one[:, :, :filled][kept]
        self._tokens, self._starts, self._lengths = (
            one[kept] for one in (self._tokens, self._starts, self._lengths)
        )
        self.rows.keep(kept)
        self._spans = _equal_spans(self._adapters, len(kept), kept.device)

    def _repeatable(self, times: int) -> Callable[[], torch.Tensor]:
        if self._captured is not None:
            self._captured.forget()
        if self._loaded.device.type != "cuda" or times < _LEAST_REPLAYS:
            return self._step
        self._captured = CapturedCalls(self._step, is_set_up=self._captured is not None)
        return self._captured


def _equal_spans(adapters: int, rows: int, device: torch.device) -> Spans:
    return spans_of([rows // adapters] * adapters).to(device)


class _LateNumber:
    """A number that a GPU is going to compute, to be looked at when it has more to do already."""

    def __init__(self, number: torch.Tensor) -> None:
        self._number = number
        self._is_there: torch.cuda.Event | None = None
        if number.is_cuda:
            self._number = torch.empty_like(number, device="cpu", pin_memory=True)
            self._number.copy_(number, non_blocking=True)
            self._is_there = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._is_there.record()

    def value(self) -> int:
        if self._is_there is not None:
            self._is_there.synchronize()
        return int(self._number)
