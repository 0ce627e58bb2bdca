"""Sampling from many adapters at once, each as it would be sampled alone.

Every request brings its own random numbers, so that an answer does not depend on which others are sampled
beside it. Prompts are run once, however many samples follow; rows that have ended are taken out of the batch.
Models whose blocks can be packed, on a GPU, are sampled in `captured_decoding`; all others in
`padded_decoding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch

from manylora.blocks.packed_blocks import is_packable
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_budget import MemoryBudget, in_chunks
from manylora.models.memory_estimates import model_widths, remembered_bytes
from manylora.progress import Progress, silent
from manylora.sampling.active_sequences import ActiveSequences
from manylora.sampling.padded_decoding import PaddedDecoding, decode, fast_decoding
from manylora.sampling.sampling_requests import Completion, Request, Sampling, uniforms_of
from manylora.sampling.top_p import sample_top_p

BUDGET = MemoryBudget(gpu_share=0.5, cpu_bytes=2 << 30, cpu_units=256)


@torch.inference_mode()
def sample(
    loaded: LoadedModel,
    requests: Sequence[Sequence[Request]],
    sampling: Sampling,
    *,
    rows_at_once: int | None = None,
    task: str = "sampling",
    progress: Progress = silent,
) -> list[list[list[Completion]]]:
    """Sample continuations.

    Parameters
    ----------
    requests : for each attached adapter, in order, equally many with equally many samples each; of a model
        without adapters, one list
    rows_at_once : over all adapters; by default what memory allows

    Returns
    -------
    list
        For each adapter, for each request, its completions.

    Raises
    ------
    ValueError
        Adapters have different numbers of requests or samples.
    NotEnoughMemoryError
        A GPU does not hold one request of each adapter.
    """
    adapters, count = len(requests), len(requests[0])
    samples = requests[0][0].samples if count else 0
    if any(len(of_adapter) != count for of_adapter in requests) or any(
        request.samples != samples for request in chain.from_iterable(requests)
    ):
        raise ValueError("requests: expected equally many, with equally many samples, for every adapter")
    if rows_at_once is None:
        longest_prompt = max((len(request.tokens) for request in chain.from_iterable(requests)), default=0)
        at_once = _requests_at_once(loaded, adapters, samples, longest_prompt, sampling.max_new_tokens)
    else:
        at_once = max(1, rows_at_once // (adapters * max(samples, 1)))

    def complete(part: slice) -> list[Completion]:
        chosen = list(chain.from_iterable(of_adapter[part] for of_adapter in requests))
        with loaded.device_context():
            if is_packable(loaded):
                from manylora.sampling.captured_decoding import sample_packed

                return sample_packed(loaded, chosen, sampling, adapters)
            with fast_decoding(loaded):
                return _sample_padded(loaded, chosen, sampling, adapters)

    completions: list[list[list[Completion]]] = [[] for _ in requests]
    message = (
        f"sampling: expected memory for {samples} answers of up to {sampling.max_new_tokens} tokens of each "
        f"of {adapters} adapters on {loaded.device}"
    )
    for part, rows in in_chunks(count, at_once, complete, message):
        answered = iter(rows)
        for of_adapter in completions:
            of_adapter += [[next(answered) for _ in range(samples)] for _ in range(part.start, part.stop)]
        progress(task, part.stop, count)
    return completions


def _requests_at_once(
    loaded: LoadedModel, adapters: int, samples: int, longest_prompt: int, max_new_tokens: int
) -> int:
    if is_packable(loaded):
        from manylora.sampling.captured_decoding import requests_that_fit

        return requests_that_fit(loaded, adapters, samples, longest_prompt, max_new_tokens)
    row = remembered_bytes(loaded, adapters, longest_prompt + max_new_tokens)
    if loaded.device.type == "cuda":  # logits are held a few times over while a token is sampled
        row += 16 * model_widths(loaded).vocabulary
    return max(1, BUDGET.units(loaded, row) // (adapters * max(samples, 1)))


def _sample_padded(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    device, samples, length = loaded.device, requests[0].samples, sampling.max_new_tokens
    decoding = PaddedDecoding(loaded, [request.tokens for request in requests], length)
    decoding.select(torch.arange(len(requests), device=device).repeat_interleave(samples))
    uniforms = torch.from_numpy(np.concatenate([uniforms_of(request, length) for request in requests]))
    uniforms = uniforms.to(device)
    active = ActiveSequences(len(requests) * samples, adapters, length, loaded.end_tokens, device)

    def choose(logits: torch.Tensor, step: int) -> torch.Tensor:
        return sample_top_p(logits, uniforms[active.rows, step], sampling.temperature, sampling.top_p)

    return decode(decoding, active, choose)
