"""Operations on a tile that several kernels share; inlined into each."""

from __future__ import annotations

import triton
import triton.language as tl

#: The least dimension of tensor cores' products.
LEAST = 16
#: Exponentials are taken of logarithms to the base of two, as that is what a GPU computes.
LOG2_E = 1.4426950408889634


def tile_width(size: int) -> int:
    """Return the least number of rows or columns of a tile that holds so many and can be multiplied."""
    return max(LEAST, int(triton.next_power_of_2(size)))


@triton.jit
def tile_at(tiles, index):  # type: ignore[no-untyped-def]
    """Return a tile of `Segments`: owner, first token and end."""
    tile = tiles + 3 * index
    return tl.load(tile), tl.load(tile + 1), tl.load(tile + 2)


@triton.jit
def online_softmax(scores, value, highest, total, summed):  # type: ignore[no-untyped-def]
    """Return highest score, weights' total and weighted sum, a tile's scores and values folded in.

    What came before shrinks where a score is higher, as in FlashAttention (Dao 2023, arXiv:2307.08691).
    """
    higher = tl.maximum(highest, tl.max(scores, 1))
    weights, shrunk = tl.exp2(scores - higher[:, None]), tl.exp2(highest - higher)
    total = total * shrunk + tl.sum(weights, 1)
    summed = tl.dot(weights.to(value.dtype), value, summed * shrunk[:, None], input_precision="ieee")
    return higher, total, summed
