"""Contiguous segments of a packed token batch, one for each adapter or for each sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch

#: Tokens of a kernel's tile.
TILE = 64


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments of owner 0, of owner 1, and so on, of any lengths.

    Parameters
    ----------
    cu_seqlens : where each owner's tokens begin and where the last one's end, (owners + 1,) int32
    tiles : owner, first token and end of each tile, (tiles, 3) int32; some may be empty. Padding has no
        owner: kernels leave it as it is.
    """

    cu_seqlens: torch.Tensor
    tiles: torch.Tensor

    def to(self, device: torch.device) -> Segments:
        """Return the same on a device."""
        return Segments(self.cu_seqlens.to(device), self.tiles.to(device))


def segments_of(counts: Sequence[int], padding: int = 0) -> Segments:
    """Return segments, on the CPU; the number of tiles depends on the numbers of tokens and owners alone.

    Parameters
    ----------
    counts : tokens of each owner
    padding : tokens behind the last segment
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
