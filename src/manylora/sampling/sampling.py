"""Sampling from many adapters at once, each as it would be sampled alone.

Every request brings its own random numbers, so that an answer does not depend on which others are sampled
beside it. Prompts are run once, however many samples follow; rows that have ended are taken out of the batch.
Models whose blocks can be packed, on a GPU, are sampled in `captured_decoding`; all others here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from manylora.blocks.packed_blocks import is_packable
from manylora.errors import NotEnoughMemoryError
from manylora.models.decoding_attention import fast_decoding
from manylora.models.device_memory import free_bytes
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths, remembered_bytes
from manylora.progress import Progress, silent
from manylora.sampling.active_sequences import ActiveSequences
from manylora.sampling.padded_decoding import PaddedDecoding
from manylora.sampling.sampling_requests import Completion, Request, Sampling, uniforms_of

#: Memory for keys and values, and rows from which on more at once gain nothing, where a CPU computes.
CACHE_BYTES, ROWS_AT_ONCE = 2 << 30, 256
#: Share of what is free on a GPU that keys and values may take.
GPU_SHARE = 0.5
#: Most probable tokens that are looked at first; nearly always they hold the mass that is kept.
_FIRST_LOOK = 256
#: Tokens between two looks at which rows are open, on a GPU.
_LOOK_EVERY = 4


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
    NotEnoughMemoryError
        A GPU does not hold one request of each adapter.
    """
    adapters, each = len(requests), len(requests[0])
    samples = requests[0][0].samples if each else 0
    if any(len(own) != each or any(one.samples != samples for one in own) for own in requests):
        raise ValueError("requests: expected equally many, with equally many samples, for every adapter")
    longest_prompt = max((len(one.tokens) for own in requests for one in own), default=0)
    if rows_at_once is None:
        chunk = _requests_at_once(loaded, adapters, samples, longest_prompt, sampling.max_new_tokens)
    else:
        chunk = max(1, rows_at_once // (adapters * max(samples, 1)))
    found: list[list[list[Completion]]] = [[] for _ in requests]
    done = 0
    while done < each:
        part = [own[done : done + chunk] for own in requests]
        try:
            with loaded.device_context():
                rows = _sampled_rows(loaded, [one for own in part for one in own], sampling, adapters)
        except torch.OutOfMemoryError as error:
            if len(part[0]) == 1:
                raise NotEnoughMemoryError(
                    f"sampling: expected memory for {samples} answers of up to {sampling.max_new_tokens} "
                    f"tokens of each of {adapters} adapters on {loaded.device}; key sources_per_cell: choose fewer"
                ) from error
            rows = []
        if not rows:  # memory is given back only when the error is forgotten
            chunk = len(part[0]) // 2
            torch.cuda.empty_cache()
            continue
        size = len(part[0]) * samples
        for adapter, completions in enumerate(found):
            own_rows = rows[adapter * size : (adapter + 1) * size]
            completions.extend(own_rows[i : i + samples] for i in range(0, size, samples))
        done += len(part[0])
        progress(task, done, each)
    return found


def sample_top_p(
    logits: torch.Tensor, uniforms: torch.Tensor, temperature: float, top_p: float
) -> torch.Tensor:
    """Draw one token a row by inverting the cumulative distribution.

    Parameters
    ----------
    logits : (rows, vocabulary)
    uniforms : (rows,) in [0, 1)

    Returns
    -------
    (rows,) long
    """
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    look = min(_FIRST_LOOK, probabilities.shape[-1])
    top, tokens = probabilities.topk(look, dim=-1)
    drawn = _inverted(top, tokens, uniforms, top_p)
    if look < probabilities.shape[-1]:
        # Only those rows, so that how ties are broken in one does not depend on the others.
        wider = (top.sum(-1) < top_p).nonzero()[:, 0]
        if len(wider):
            top, tokens = probabilities[wider].sort(dim=-1, descending=True, stable=True)
            drawn[wider] = _inverted(top, tokens, uniforms[wider], top_p)
    return drawn


def _inverted(top: torch.Tensor, tokens: torch.Tensor, uniforms: torch.Tensor, top_p: float) -> torch.Tensor:
    """Draw among tokens in descending order of their probabilities."""
    before = top.cumsum(-1) - top
    kept = top * (before < top_p)
    cumulative = kept.cumsum(-1)
    target = uniforms[:, None] * cumulative[:, -1:]
    place = (cumulative <= target).sum(-1).clamp(max=kept.shape[-1] - 1)
    # Rounding may point behind the last token that is kept.
    place = torch.minimum(place, (kept > 0).sum(-1) - 1)
    return tokens.gather(-1, place[:, None])[:, 0]


def _requests_at_once(
    loaded: LoadedModel, adapters: int, samples: int, longest_prompt: int, longest: int
) -> int:
    if is_packable(loaded):
        from manylora.sampling.captured_decoding import requests_that_fit

        return requests_that_fit(loaded, adapters, samples, longest_prompt, longest)
    rows = _row_limit(loaded, adapters, longest_prompt + longest)
    return max(1, rows // (adapters * max(samples, 1)))


def _sampled_rows(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    if is_packable(loaded):
        from manylora.sampling.captured_decoding import sample_packed

        return sample_packed(loaded, requests, sampling, adapters)
    with fast_decoding(loaded):
        return _sample_rows(loaded, requests, sampling, adapters)


def _row_limit(loaded: LoadedModel, adapters: int, length: int) -> int:
    remembered = remembered_bytes(loaded, adapters)
    row = remembered.token * length + remembered.row
    if loaded.device.type != "cuda":
        return max(1, min(ROWS_AT_ONCE, int(CACHE_BYTES // row)))
    free = free_bytes(loaded.device)
    # Logits are held a few times over while a token is drawn.
    return max(1, int(GPU_SHARE * free / (row + 16 * model_widths(loaded).vocabulary)))


def _sample_rows(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    device, samples = loaded.device, requests[0].samples
    decoding = PaddedDecoding(loaded, [one.tokens for one in requests], sampling.max_new_tokens)
    decoding.select(torch.arange(len(requests), device=device).repeat_interleave(samples))
    uniforms = torch.from_numpy(
        np.concatenate([uniforms_of(one, sampling.max_new_tokens) for one in requests])
    )
    uniforms = uniforms.to(device)
    batch = ActiveSequences(
        len(requests) * samples, adapters, sampling.max_new_tokens, loaded.end_tokens, device
    )
    # Whoever looks at what a GPU has computed waits for it, and it for what comes next.
    look_every = 1 if device.type != "cuda" else _LOOK_EVERY
    for step in range(sampling.max_new_tokens):
        drawn = sample_top_p(decoding.logits, uniforms[:, step], sampling.temperature, sampling.top_p)
        batch.append(drawn, step)
        if step + 1 == sampling.max_new_tokens:
            break
        kept = batch.compaction() if (step + 1) % look_every == 0 else None
        if kept is not None:
            if not len(kept):
                break
            decoding.select(kept)
            drawn, uniforms = drawn[kept], uniforms[kept]
            batch.keep(kept)
        decoding.step(drawn)
    return batch.completions()
