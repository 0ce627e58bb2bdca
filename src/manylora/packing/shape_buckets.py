"""How much room passes have: the fewer rooms, the fewer graphs to capture, and the more is filled up.

All passes of a training are known before its first, so that the best rooms for them are found, not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

#: What tokens and labels are rounded up to, that products' tiles are full.
_ROUNDED = 128
#: Tokens of a sequence that fills up.
_FILLING = 256


@dataclass(frozen=True, order=True)
class Room:
    """How much a pass has, or has room for.

    Parameters
    ----------
    tokens, labels : of all adapters
    sequences : those that fill up included, where it is room
    """

    tokens: int
    labels: int
    sequences: int

    def holds(self, one: Room) -> bool:
        """Whether there is room for a pass, and one sequence that fills up."""
        return self.tokens >= one.tokens and self.labels >= one.labels and self.sequences > one.sequences


def planned_rooms(passes: Iterable[Room], price: float) -> list[Room]:
    """Return the rooms in which passes cost least, in all.

    Parameters
    ----------
    passes : all that are going to come
    price : of another room, in tokens that fill up
    """
    largest, counts = dict[int, Room](), Counter[int]()
    for one in passes:
        tokens = _up(one.tokens)
        largest[tokens] = _largest([one, largest.get(tokens, one)])
        counts[tokens] += 1
    sizes = sorted(largest)
    passes_below = [0, *accumulate(counts[size] for size in sizes)]
    tokens_below = [0, *accumulate(counts[size] * size for size in sizes)]
    # Passes of a room are next to one another in size; what is best up to a size builds on what was below.
    costs, firsts = [0.0], [0]
    for end, size in enumerate(sizes, 1):
        options = (
            (
                costs[first]
                + price
                + size * (passes_below[end] - passes_below[first])
                - (tokens_below[end] - tokens_below[first]),
                first,
            )
            for first in range(end)
        )
        cost, first = min(options)
        costs.append(cost)
        firsts.append(first)
    rooms, end = [], len(sizes)
    while end:
        rooms.append(own_room(_largest([largest[size] for size in sizes[firsts[end] : end]])))
        end = firsts[end]
    return rooms[::-1]


def room_for(one: Room, rooms: Sequence[Room]) -> Room:
    """Return the smallest room that holds a pass; where none does, its own."""
    return min((room for room in rooms if room.holds(one)), default=own_room(one))


def own_room(one: Room) -> Room:
    """Return room for a pass, and for sequences that fill up."""
    tokens = _up(one.tokens)
    return Room(tokens, _up(one.labels), one.sequences + 1 + tokens // _FILLING)


def _up(count: int) -> int:
    return -(-count // _ROUNDED) * _ROUNDED


def _largest(passes: Sequence[Room]) -> Room:
    return Room(
        max(one.tokens for one in passes),
        max(one.labels for one in passes),
        max(one.sequences for one in passes),
    )
