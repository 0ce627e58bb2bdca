"""Token sequences of several adapters, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch


@dataclass(frozen=True, eq=False)
class PackedSequences:
    """Sequences without padding; only each adapter's end is filled up, so that all have equally many tokens.

    Parameters
    ----------
    ids, positions : (tokens,) long
    starts, lengths : of each sequence, (sequences,) long, in their order
    bounds : where segments start and where the last ends, (segments + 1,) int32; each adapter's last ones
        fill it up and may be empty
    longest : tokens of the longest segment
    """

    ids: torch.Tensor
    positions: torch.Tensor
    starts: torch.Tensor
    lengths: torch.Tensor
    bounds: torch.Tensor
    longest: int

    def to(self, device: torch.device) -> PackedSequences:
        """Return the same on a device."""
        return PackedSequences(
            self.ids.to(device), self.positions.to(device), self.starts.to(device), self.lengths.to(device),
            self.bounds.to(device), self.longest,
        )  # fmt: skip


def packed(
    sequences: Sequence[Sequence[Sequence[int]]], multiple: int = 1, fillings: int = 1
) -> PackedSequences:
    """Pack sequences.

    Parameters
    ----------
    sequences : for each adapter, equally many, as tokens
    multiple : of an adapter's tokens
    fillings : segments into which what fills an adapter up is divided
    """
    total = -(-max(sum(map(len, own)) for own in sequences) // multiple) * multiple
    lengths: list[int] = []
    segments: list[int] = []
    ids: list[int] = []
    for own in sequences:
        own_lengths = [len(one) for one in own]
        filler = total - sum(own_lengths)
        lengths += own_lengths
        ends = [filler * part // fillings for part in range(fillings + 1)]
        segments += [*own_lengths, *(end - start for start, end in pairwise(ends))]
        ids += [token for one in own for token in one] + [0] * filler
    of_segments = torch.tensor(segments)
    bounds = torch.cat([torch.zeros(1, dtype=torch.long), of_segments.cumsum(0)])
    firsts = bounds[:-1]
    positions = torch.arange(len(ids)) - firsts.repeat_interleave(of_segments)
    return PackedSequences(
        torch.tensor(ids),
        positions,
        firsts.view(len(sequences), -1)[:, :-fillings].flatten(),
        torch.tensor(lengths),
        bounds.int(),
        max(segments),
    )


def parts_within(prompts: Sequence[Sequence[Sequence[int]]], tokens: int) -> list[slice]:
    """Return which prompts of every adapter to run at once, in order, so that so many tokens suffice.

    Parameters
    ----------
    tokens : at once, over all adapters, with what fills up; one prompt of each is run even if it has more
    """
    parts, first = [], 0
    totals = [0] * len(prompts)
    for place in range(len(prompts[0])):
        wider = [total + len(own[place]) for total, own in zip(totals, prompts, strict=True)]
        if place > first and max(wider) * len(prompts) > tokens:
            parts.append(slice(first, place))
            first, wider = place, [len(own[place]) for own in prompts]
        totals = wider
    return [*parts, slice(first, len(prompts[0]))]
