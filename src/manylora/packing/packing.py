"""Token sequences of several adapters, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from manylora.packing.segments import Spans, spans_of


@dataclass(frozen=True, eq=False)
class PackedSequences:
    """Sequences without padding; only the end of all may be filled up.

    Parameters
    ----------
    ids, positions : (tokens,) long
    spans : which adapter's they are
    starts, lengths : of each sequence, (sequences,) long, in their order
    segments : which sequence's they are; the last ones fill up and may be empty
    """

    ids: torch.Tensor
    positions: torch.Tensor
    spans: Spans
    starts: torch.Tensor
    lengths: torch.Tensor
    segments: Spans

    def to(self, device: torch.device) -> PackedSequences:
        """Return the same on a device."""
        return PackedSequences(
            self.ids.to(device), self.positions.to(device), self.spans.to(device), self.starts.to(device),
            self.lengths.to(device), self.segments.to(device),
        )  # fmt: skip


def packed(
    sequences: Sequence[Sequence[Sequence[int]]], tokens: int = 0, fillings: int = 1
) -> PackedSequences:
    """Pack sequences.

    Parameters
    ----------
    sequences : for each adapter, as tokens
    tokens : of all, at least
    fillings : segments into which what fills up is divided, lest it be the longest
    """
    counts = [sum(map(len, own)) for own in sequences]
    filler = max(0, tokens - sum(counts))
    lengths = [len(one) for own in sequences for one in own]
    ends = [filler * part // fillings for part in range(fillings + 1)]
    segments = spans_of([*lengths, *(end - start for start, end in pairwise(ends))])
    ids = torch.tensor([token for own in sequences for one in own for token in one] + [0] * filler)
    starts = segments.bounds[:-1].long()
    return PackedSequences(
        ids,
        torch.arange(len(ids)) - starts.repeat_interleave(segments.bounds.diff()),
        spans_of(counts, filler),
        starts[: len(lengths)],
        torch.tensor(lengths),
        segments,
    )


def parts_within(prompts: Sequence[Sequence[Sequence[int]]], tokens: int) -> list[slice]:
    """Return which prompts of every adapter to run at once, in order, so that so many tokens suffice.

    Parameters
    ----------
    tokens : at once, over all adapters; one prompt of each is run even if it has more
    """
    parts, first, total = [], 0, 0
    for place in range(len(prompts[0])):
        more = sum(len(own[place]) for own in prompts)
        if place > first and total + more > tokens:
            parts.append(slice(first, place))
            first, total = place, 0
        total += more
    return [*parts, slice(first, len(prompts[0]))]
