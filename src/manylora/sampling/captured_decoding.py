"""Sampling on a GPU from models whose blocks can be packed: a step of all rows is one captured graph.

Nothing is synchronised but the number of active rows, every few steps and one step late, so that the GPU
never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from manylora.blocks.packed_blocks import packed_states
from manylora.kernels.decode_attention import decode_attention
from manylora.kernels.top_p_sampling import sample_top_p, sampling_bytes
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_budget import MemoryBudget
from manylora.packing.cuda_graphs import CudaGraphs
from manylora.packing.segments import Segments, segments_of
from manylora.sampling import packed_prefill
from manylora.sampling.active_sequences import ActiveSequences, rows_to_keep
from manylora.sampling.sampling_requests import Completion, Request, Sampling, uniforms_of

BUDGET = MemoryBudget(gpu_share=0.9, cpu_bytes=0)
#: Rows whose logits are in memory at once.
_LOGIT_ROWS = 2048
#: Steps between two synchronisations, by how many rows are active.
_SYNC_EVERY = 4
#: What a smaller batch must save, in floating-point operations: to capture it takes about as long as these.
_CAPTURE_OPERATIONS = 1.5e13
#: With fewer steps to come, replaying does not pay.
_LEAST_REPLAYS = 4


def requests_that_fit(
    loaded: LoadedModel, adapters: int, samples: int, longest_prompt: int, max_new_tokens: int
) -> int:
    """Return the number of requests of each adapter that fit at once, at least one.

    Parameters
    ----------
    samples : of each
    longest_prompt, max_new_tokens : tokens of a prompt and of an answer
    """
    heads, width = packed_prefill.key_heads(loaded)
    vocabulary, size = loaded.model.config.vocab_size, loaded.model.dtype.itemsize
    token = 2 * loaded.blocks * heads * width * size
    row = token * max_new_tokens + packed_prefill.activation_bytes(loaded)
    each = adapters * (samples * row + token * longest_prompt)
    spare = _LOGIT_ROWS * vocabulary * size + sampling_bytes(_LOGIT_ROWS, vocabulary)
    return BUDGET.units(loaded, each, spare + packed_prefill.PREFILL_BYTES)


def sample_packed(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    """Return completions of requests, an adapter's after another's, equally many with equally many samples.

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
        tokens = [request.tokens for request in requests]
        of_adapters = [tokens[k * each : (k + 1) * each] for k in range(adapters)]
        prompts = packed_prefill.PrefilledPrompts(loaded, of_adapters)
        heads, width = packed_prefill.key_heads(loaded)
        rows = len(requests) * samples
        self._prompts = prompts.cache
        own_shape = (rows, heads, sampling.max_new_tokens - 1, width)
        self._own_cache = packed_prefill.empty_cache(loaded, own_shape)
        self.rows = ActiveSequences(rows, adapters, sampling.max_new_tokens, loaded.end_tokens, device)
        uniforms = np.concatenate([uniforms_of(request, sampling.max_new_tokens) for request in requests])
        self._uniforms = torch.from_numpy(uniforms).to(device)
        prompt_of_row = torch.arange(len(requests), device=device).repeat_interleave(samples)
        self._starts, self._lengths = prompts.starts[prompt_of_row], prompts.lengths[prompt_of_row]
        self._segments = _equal_segments(adapters, rows, device)
        # The last token of each row, and the number that have been sampled.
        self._tokens = torch.empty(rows, dtype=torch.long, device=device)
        self._step_index = torch.zeros(1, dtype=torch.long, device=device)
        self._sample(prompts.states[prompt_of_row])
        self._graphs: CudaGraphs | None = None

    def run(self) -> None:
        """Sample all tokens."""
        last = self._sampling.max_new_tokens - 1
        step = self._graph_of_step(last)
        operations = 2 * sum(weight.numel() for weight in self._loaded.model.parameters()) * self._adapters
        pending: _AsyncNumber | None = None
        for sampled in range(1, last + 1):
            step()
            left = last - sampled
            if pending is not None:
                active, each = pending.value(), len(self._tokens) // self._adapters
                if not active:
                    break
                fewer = rows_to_keep(active, each, _CAPTURE_OPERATIONS / (operations * max(left, 1)))
                if fewer < each and left:
                    self._keep(fewer, sampled)
                    step = self._graph_of_step(left)
            pending = _AsyncNumber(self.rows.most_active()) if sampled % _SYNC_EVERY == 0 else None

    def close(self) -> None:
        """Give back the memory."""
        if self._graphs is not None:
            self._graphs.release()
        # It knows this object, which would so outlive its last user.
        self._graphs = None
        self._prompts, self._own_cache = [], []
        torch.cuda.empty_cache()

    def _step(self) -> torch.Tensor:
        """Run the tokens that were sampled last, and sample the next."""
        slot = self._step_index - 1
        scale = float(self._loaded.model.get_decoder().layers[0].self_attn.scaling)

        def attend(
            block: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
        ) -> torch.Tensor:
            return decode_attention(
                queries, keys, values, self._prompts[block], self._own_cache[block],
                self._starts, self._lengths, slot, scale,
            )  # fmt: skip

        states = packed_states(self._loaded, self._tokens, self._lengths + slot, self._segments, attend)
        self._sample(states)
        return self._tokens

    def _sample(self, states: torch.Tensor) -> None:
        head = self._loaded.model.get_output_embeddings()
        uniforms = self._uniforms[self.rows.rows, self._step_index]
        for first in range(0, len(states), _LOGIT_ROWS):
            part = slice(first, first + _LOGIT_ROWS)
            self._tokens[part] = sample_top_p(
                head(states[part]), uniforms[part], self._sampling.temperature, self._sampling.top_p
            )
        self.rows.append(self._tokens, self._step_index)
        self._step_index += 1

    def _keep(self, each: int, filled: int) -> None:
        """Go on with `each` rows of every adapter, `filled` own tokens in each, block by block."""
        kept = self.rows.active_rows(each)
        for block_cache in self._own_cache:
            for tensor in block_cache:
                tensor[: len(kept), :, :filled] = tensor[:, :, :filled][kept]
        self._tokens, self._starts, self._lengths = (
            rows[kept] for rows in (self._tokens, self._starts, self._lengths)
        )
        self.rows.keep(kept)
        self._segments = _equal_segments(self._adapters, len(kept), kept.device)

    def _graph_of_step(self, times: int) -> Callable[[], torch.Tensor]:
        if self._graphs is not None:
            self._graphs.release()
        if self._loaded.device.type != "cuda" or times < _LEAST_REPLAYS:
            return self._step
        self._graphs = CudaGraphs(self._step, is_set_up=self._graphs is not None)
        return self._graphs


def _equal_segments(adapters: int, rows: int, device: torch.device) -> Segments:
    return segments_of([rows // adapters] * adapters).to(device)


class _AsyncNumber:
    """A number copied from a GPU without waiting, to be read when the GPU has more to do already."""

    def __init__(self, number: torch.Tensor) -> None:
        self._number = number
        self._event: torch.cuda.Event | None = None
        if number.is_cuda:
            self._number = torch.empty_like(number, device="cpu", pin_memory=True)
            self._number.copy_(number, non_blocking=True)
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._event.record()

    def value(self) -> int:
        if self._event is not None:
            self._event.synchronize()
        return int(self._number)
