"""How much room a pass has: that of another one costs what fills it up, its own one a graph to capture."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

#: What a room is rounded up to, and how much larger it is than its first pass.
_TOKENS, _LABELS, _LARGER = 512, 1024, 1.02
#: The same where every pass may have its own.
_FINE = 128
#: Tokens of a sequence that fills up.
_FILLING = 256
#: Passes in whose time a graph is captured.
_PRICE = 3.0


@dataclass(frozen=True, order=True)
class Room:
    """Room for a pass.

    Parameters
    ----------
    tokens, labels : of all adapters
    sequences : those that fill up included
    """

    tokens: int
    labels: int
    sequences: int

    def holds(self, tokens: int, labels: int, sequences: int) -> bool:
        """Whether there is room for so much."""
        return self.tokens >= tokens and self.labels >= labels and self.sequences > sequences


class Rooms:
    """Chooses rooms for passes, one after another.

    Parameters
    ----------
    are_few : whether another one has a price; as long as what fills up has not cost it, passes share one
    """

    def __init__(self, are_few: bool) -> None:
        self._are_few = are_few
        self._known: list[Room] = []
        self._filled: defaultdict[Room, float] = defaultdict(float)

    def room_for(self, tokens: int, labels: int, sequences: int) -> Room:
        """Return a room for a pass of so many tokens, labels and sequences."""
        if not self._are_few:
            return _rounded(tokens, _FINE, labels, _FINE, sequences)
        own = _rounded(int(_LARGER * tokens), _TOKENS, int(_LARGER * labels), _LABELS, sequences)
        shared = min((one for one in self._known if one.holds(tokens, labels, sequences)), default=None)
        if shared is not None:
            self._filled[own] += max(0.0, 1 - own.tokens / shared.tokens)
            if self._filled[own] <= _PRICE:
                return shared
        self._known.append(own)
        return own


def _rounded(tokens: int, to_tokens: int, labels: int, to_labels: int, sequences: int) -> Room:
    rounded = -(-tokens // to_tokens) * to_tokens
    return Room(rounded, -(-labels // to_labels) * to_labels, sequences + 1 + rounded // _FILLING)
