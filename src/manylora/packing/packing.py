"""Packing of several adapters' token sequences, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain, pairwise

import torch

from manylora.packing.segments import Segments, segments_of


@dataclass(frozen=True, eq=False)
class PackedSequences:
    """Sequences one after another, with padding only at the end of all.

    Parameters
    ----------
    ids, positions : (tokens,) long
    adapter_segments : of each adapter's tokens
    starts, lengths : of each sequence, (sequences,) long, in their order
    sequence_segments : of each sequence's tokens; the last ones are padding and may be empty
    """

    ids: torch.Tensor
    positions: torch.Tensor
    adapter_segments: Segments
    starts: torch.Tensor
    lengths: torch.Tensor
    sequence_segments: Segments

    def to(self, device: torch.device) -> PackedSequences:
        """Return the same on a device."""
        return PackedSequences(*(getattr(self, field.name).to(device) for field in fields(self)))


def pack(
    sequences: Sequence[Sequence[Sequence[int]]], tokens: int = 0, padding_segments: int = 1
) -> PackedSequences:
    """Pack sequences.

    Parameters
    ----------
    sequences : for each adapter, as tokens
    tokens : of all, at least
    padding_segments : into which padding is divided, lest it be the longest sequence
    """
    counts = [sum(map(len, adapter_sequences)) for adapter_sequences in sequences]
    padding = max(0, tokens - sum(counts))
    lengths = [*map(len, chain.from_iterable(sequences))]
    ends = [padding * part // padding_segments for part in range(padding_segments + 1)]
    sequence_segments = segments_of([*lengths, *(end - start for start, end in pairwise(ends))])
    all_tokens = chain.from_iterable(chain.from_iterable(sequences))
    ids = torch.tensor([*all_tokens, *[0] * padding])
    starts = sequence_segments.cu_seqlens[:-1].long()
    return PackedSequences(
        ids,
        torch.arange(len(ids)) - starts.repeat_interleave(sequence_segments.cu_seqlens.diff()),
        segments_of(counts, padding),
        starts[: len(lengths)],
        torch.tensor(lengths),
        sequence_segments,
    )


def split_prompts(prompts: Sequence[Sequence[Sequence[int]]], tokens: int) -> list[slice]:
    """Split prompts into parts of about so many tokens, the same prompts of every adapter in each.

    Parameters
    ----------
    tokens : at once, over all adapters; one prompt of each is run even if it has more
    """
    parts, first, total = [], 0, 0
    for index in range(len(prompts[0])):
        more = sum(len(adapter_prompts[index]) for adapter_prompts in prompts)
        if index > first and total + more > tokens:
            parts.append(slice(first, index))
            first, total = index, 0
        total += more
    return [*parts, slice(first, len(prompts[0]))]
