"""How much room passes have: the fewer rooms, the fewer graphs to capture, and the more is filled up.

All passes of a training are known before its first, so that the best rooms for them are found, not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: What tokens and labels are rounded up to, that products' tiles are full.
_MULTIPLE = 128
#: Tokens of a sequence that fills up.
_PADDING_SEQUENCE = 256


@dataclass(frozen=True, order=True)
class BatchShape:
    """How much a pass has, or has room for.

    Parameters
    ----------
    tokens, labels : of all adapters
    sequences : those that fill up included, where it is room
    """

    tokens: int
    labels: int
    sequences: int

    def holds(self, shape: BatchShape) -> bool:
        """Whether there is room for a pass, and one sequence that fills up."""
        return (
            self.tokens >= shape.tokens and self.labels >= shape.labels and self.sequences > shape.sequences
        )


def plan_buckets(shapes: Iterable[BatchShape], capture_cost: float) -> list[BatchShape]:
    """Return the rooms in which passes cost least, in all.

    Parameters
    ----------
    shapes : all that are going to come
    capture_cost : of another room, in tokens that fill up
    """
    largest, counts = dict[int, BatchShape](), Counter[int]()
    for shape in shapes:
        tokens = _round_up(shape.tokens)
        largest[tokens] = _largest([shape, largest.get(tokens, shape)])
        counts[tokens] += 1
    sizes = sorted(largest)
    shapes_below = [0, *accumulate(counts[size] for size in sizes)]
    tokens_below = [0, *accumulate(counts[size] * size for size in sizes)]
    # Passes of a room are next to one another in size; what is best up to a size builds on what was below.
    costs, firsts = [0.0], [0]
    for end, size in enumerate(sizes, 1):
        options = (
            (
                costs[first]
                + capture_cost
                + size * (shapes_below[end] - shapes_below[first])
                - (tokens_below[end] - tokens_below[first]),
                first,
            )
            for first in range(end)
        )
        cost, first = min(options)
        costs.append(cost)
        firsts.append(first)
    buckets, end = [], len(sizes)
    while end:
        buckets.append(padded_shape(_largest([largest[size] for size in sizes[firsts[end] : end]])))
        end = firsts[end]
    return buckets[::-1]


def bucket_for(shape: BatchShape, buckets: Sequence[BatchShape]) -> BatchShape:
    """Return the smallest room that holds a pass; where none does, its own."""
    return min((bucket for bucket in buckets if bucket.holds(shape)), default=padded_shape(shape))


def padded_shape(shape: BatchShape) -> BatchShape:
    """Return room for a pass, and for sequences that fill up."""
    tokens = _round_up(shape.tokens)
    return BatchShape(tokens, _round_up(shape.labels), shape.sequences + 1 + tokens // _PADDING_SEQUENCE)


def _round_up(count: int) -> int:
    return -(-count // _MULTIPLE) * _MULTIPLE


def _largest(shapes: Sequence[BatchShape]) -> BatchShape:
    return BatchShape(
        max(shape.tokens for shape in shapes),
        max(shape.labels for shape in shapes),
        max(shape.sequences for shape in shapes),
    )
