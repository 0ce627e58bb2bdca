"""Sampling from many adapters at once, each as it would be sampled alone.

Every request brings its own random numbers, so that an answer does not depend on which others are sampled
beside it. Prompts are run once, however many samples follow; rows that have ended are taken out of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from marker_coupling.decoding_attention import fast_decoding
from marker_coupling.gpu_memory import free_bytes
from marker_coupling.instrument import NotEnoughMemoryError
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.progress import Progress, silent
from marker_coupling.roomy_cache import roomy_cache

#: Memory for keys and values, and rows from which on more at once gain nothing, where a CPU computes.
CACHE_BYTES, ROWS_AT_ONCE = 2 << 30, 256
#: Share of what is free on a GPU that keys and values may take.
GPU_SHARE = 0.5
#: Most probable tokens that are looked at first; nearly always they hold the mass that is kept.
_FIRST_LOOK = 256
#: Rows still open, as a share, below which the batch is made smaller.
_COMPACT_BELOW = 0.7
#: Tokens between two looks at which rows are open, on a GPU.
_LOOK_EVERY = 4


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Parameters
    ----------
    temperature : divides the logits
    top_p : the most probable tokens are kept until they hold this mass (Holtzman et al. 2020)
    longest : tokens of an answer
    """

    temperature: float
    top_p: float
    longest: int


@dataclass(frozen=True)
class Request:
    """A prompt to continue.

    Parameters
    ----------
    tokens : of the prompt
    samples : continuations
    seed : of their random numbers, any text
    """

    tokens: tuple[int, ...]
    samples: int
    seed: str


@dataclass(frozen=True)
class Completion:
    """One continuation.

    Parameters
    ----------
    tokens : without the one that ends it
    ended : whether it ended before the length limit
    """

    tokens: tuple[int, ...]
    ended: bool


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
    limit = rows_at_once or _row_limit(loaded, longest_prompt + sampling.longest)
    chunk = max(1, limit // (adapters * max(samples, 1)))
    found: list[list[list[Completion]]] = [[] for _ in requests]
    done = 0
    while done < each:
        part = [own[done : done + chunk] for own in requests]
        try:
            with fast_decoding(loaded):
                rows = _sample_rows(loaded, [one for own in part for one in own], sampling, adapters)
        except torch.OutOfMemoryError as error:
            if len(part[0]) == 1:
                raise NotEnoughMemoryError(
                    f"sampling: expected memory for {samples} answers of up to {sampling.longest} tokens of "
                    f"each of {adapters} adapters on {loaded.device}; key sources_per_cell: choose fewer"
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


def draw_token(
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


def uniforms_of(request: Request, longest: int) -> NDArray[np.float32]:
    """Return the random numbers of a request, (samples, longest) in [0, 1)."""
    seed = np.random.SeedSequence(list(request.seed.encode("utf-8")))
    return np.random.Generator(np.random.PCG64(seed)).random((request.samples, longest), dtype=np.float32)


def _row_limit(loaded: LoadedModel, length: int) -> int:
    config = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    row = 2 * loaded.blocks * heads * width * length * loaded.model.dtype.itemsize
    if loaded.device.type != "cuda":
        return max(1, min(ROWS_AT_ONCE, int(CACHE_BYTES // row)))
    free = free_bytes(loaded.device)
    # Logits are held a few times over while a token is drawn.
    return max(1, int(GPU_SHARE * free / (row + 16 * config.vocab_size)))


class _Batch:
    """Rows that are being sampled: those of adapter 0, as many of adapter 1, and so on.

    Parameters
    ----------
    rows, adapters : how many
    longest : tokens of a row
    ends : tokens that end one
    """

    def __init__(
        self, rows: int, adapters: int, longest: int, ends: frozenset[int], device: torch.device
    ) -> None:
        self._adapters = adapters
        self._ends = torch.tensor(sorted(ends), dtype=torch.long, device=device)
        self._rows = torch.arange(rows, device=device)
        self._tokens = torch.zeros((rows, longest), dtype=torch.long, device=device)
        self._lengths = torch.full((rows,), longest, device=device)
        self._is_open = torch.ones(rows, dtype=torch.bool, device=device)

    def append(self, drawn: torch.Tensor, step: int) -> None:
        """Note the tokens that were drawn for the rows that are left."""
        self._tokens[self._rows, step] = drawn
        is_open = self._is_open[self._rows]
        ended = torch.isin(drawn, self._ends) & is_open
        self._lengths[self._rows] = torch.where(ended, step, self._lengths[self._rows])
        self._is_open[self._rows] = is_open & ~ended

    def smaller(self) -> torch.Tensor | None:
        """Return which of the rows to keep, equally many of each adapter; None where that gains little.

        Empty when all have ended.
        """
        is_open = self._is_open[self._rows].view(self._adapters, -1)
        needed = int(is_open.sum(1).max())
        if needed > _COMPACT_BELOW * is_open.shape[1]:
            return None
        # Open rows first, in their order; where an adapter has fewer than another, closed ones fill up.
        chosen = (~is_open).int().argsort(dim=1, stable=True)[:, :needed].sort(dim=1).values
        starts = torch.arange(self._adapters, device=chosen.device)[:, None] * is_open.shape[1]
        return (chosen + starts).flatten()

    def keep(self, places: torch.Tensor) -> None:
        """Go on with some of the rows."""
        self._rows = self._rows[places]

    def completions(self) -> list[Completion]:
        """Return what was drawn, of all rows."""
        tokens, lengths = self._tokens.tolist(), self._lengths.tolist()
        is_open = self._is_open.tolist()
        return [
            Completion(tuple(own[:length]), not unfinished)
            for own, length, unfinished in zip(tokens, lengths, is_open, strict=True)
        ]


def _sample_rows(
    loaded: LoadedModel, requests: Sequence[Request], sampling: Sampling, adapters: int
) -> list[Completion]:
    device, samples = loaded.device, requests[0].samples
    columns = max(len(one.tokens) for one in requests)
    ids = torch.zeros((len(requests), columns), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, one in enumerate(requests):
        ids[row, columns - len(one.tokens) :] = torch.tensor(one.tokens)
        mask[row, columns - len(one.tokens) :] = 1
    ids, mask = ids.to(device), mask.to(device)
    positions = (mask.cumsum(1) - 1).clamp_min(0)
    cache = roomy_cache(loaded, columns + sampling.longest)
    kept_in = loaded.keeping_in(cache)
    output = loaded.model(ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, **kept_in)
    cache.batch_repeat_interleave(samples)
    logits = output.logits[:, -1].repeat_interleave(samples, dim=0)
    mask = mask.repeat_interleave(samples, dim=0)
    positions = positions[:, -1:].repeat_interleave(samples, dim=0)
    uniforms = torch.from_numpy(np.concatenate([uniforms_of(one, sampling.longest) for one in requests]))
    uniforms = uniforms.to(device)
    batch = _Batch(len(requests) * samples, adapters, sampling.longest, loaded.end_tokens, device)
    # Whoever looks at what a GPU has computed waits for it, and it for what comes next.
    look_every = 1 if device.type != "cuda" else _LOOK_EVERY
    for step in range(sampling.longest):
        drawn = draw_token(logits, uniforms[:, step], sampling.temperature, sampling.top_p)
        batch.append(drawn, step)
        if step + 1 == sampling.longest:
            break
        kept = batch.smaller() if (step + 1) % look_every == 0 else None
        if kept is not None:
            if not len(kept):
                break
            cache.batch_select_indices(kept)
            drawn, mask, positions, uniforms = (t[kept] for t in (drawn, mask, positions, uniforms))
            batch.keep(kept)
        mask = torch.cat([mask, mask.new_ones((len(mask), 1))], dim=1)
        positions = positions + 1
        output = loaded.model(drawn[:, None], attention_mask=mask, position_ids=positions, **kept_in)
        logits = output.logits[:, -1]
    return batch.completions()
