"""Shape buckets for CUDA graphs: fewer buckets mean fewer captures but more padding.

All micro-batches of a training are known before its first, so that the best buckets are
computed, not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: Tokens and labels are rounded up to its multiples, so that products' tiles are full.
_MULTIPLE = 128
#: Tokens of a sequence of padding.
_PADDING_SEQUENCE = 256


@dataclass(frozen=True, order=True)
class BatchShape:
    """Shape of a micro-batch, or of the bucket that it is padded to.

    Parameters
    ----------
    tokens, labels : of all adapters
    sequences : with those of padding, where it is a bucket
    """

    tokens: int
    labels: int
    sequences: int

    def holds(self, shape: BatchShape) -> bool:
        """Tell if a micro-batch fits, with a sequence of padding."""
        return (
            self.tokens >= shape.tokens and self.labels >= shape.labels and self.sequences > shape.sequences
        )


def plan_buckets(shapes: Iterable[BatchShape], capture_cost: float) -> list[BatchShape]:
    """Return the buckets in which micro-batches cost least, in all.

    Parameters
    ----------
    shapes : of all micro-batches
    capture_cost : of another bucket, in tokens of padding
    """
    largest, counts = dict[int, BatchShape](), Counter[int]()
    for shape in shapes:
        tokens = _round_up(shape.tokens)
        largest[tokens] = _largest([shape, largest.get(tokens, shape)])
        counts[tokens] += 1
    sizes = sorted(largest)
    shapes_below = [0, *accumulate(counts[size] for size in sizes)]
    tokens_below = [0, *accumulate(counts[size] * size for size in sizes)]
    # Shapes of a bucket are next to one another in size; the best up to a size builds on the best below.
    costs, firsts = [0.0], [0]
    for end, size in enumerate(sizes, 1):
        cost, first = min(
            (costs[first] + tokens_below[first] - size * shapes_below[first], first) for first in range(end)
        )
        costs.append(cost + capture_cost + size * shapes_below[end] - tokens_below[end])
        firsts.append(first)
    buckets, end = [], len(sizes)
    while end:
        buckets.append(padded_shape(_largest([largest[size] for size in sizes[firsts[end] : end]])))
        end = firsts[end]
    return buckets[::-1]


def bucket_for(shape: BatchShape, buckets: Sequence[BatchShape]) -> BatchShape:
    """Return the smallest bucket that holds a micro-batch; where none does, its own."""
    return min((bucket for bucket in buckets if bucket.holds(shape)), default=padded_shape(shape))


def padded_shape(shape: BatchShape) -> BatchShape:
    """Return the bucket of a micro-batch alone, with sequences of padding."""
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
