"""Which of many tokens, one after another, are whose: an adapter's, or a sequence's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch

#: Tokens that a kernel looks at together.
TILE = 64


@dataclass(frozen=True, eq=False)
class Segments:
    """Owners' tokens: those of owner 0, those of owner 1, and so on, as many of each as there are.

    Parameters
    ----------
    cu_seqlens : where each owner's tokens begin and where the last one's end, (owners + 1,) int32
    tiles : owner, first token and end of tokens that are looked at together, (tiles, 3) int32; some may be
        empty. What fills up is nobody's: kernels leave it as it is, whatever that may be.
    """

    cu_seqlens: torch.Tensor
    tiles: torch.Tensor

    def to(self, device: torch.device) -> Segments:
        """Return the same on a device."""
        return Segments(self.cu_seqlens.to(device), self.tiles.to(device))


def segments_of(counts: Sequence[int], padding: int = 0) -> Segments:
    """Return spans, on the CPU; so many tokens of so many owners have as many tiles, whoever's they are.

    Parameters
    ----------
    counts : tokens of each owner
    padding : tokens that fill up
    """
    cu_seqlens = [0, *accumulate(counts)]
    tiles = [
        (owner, first, min(first + TILE, end))
        for owner, (start, end) in enumerate(pairwise(cu_seqlens))
        for first in range(start, end, TILE)
    ]
    most = -(-(cu_seqlens[-1] + padding) // TILE) + len(counts)
    tiles += [(0, 0, 0)] * (most - len(tiles))
    return Segments(torch.tensor(cu_seqlens, dtype=torch.int32), torch.tensor(tiles, dtype=torch.int32))
