"""Sentences on what a reader left out, bounded in number and length."""

from __future__ import annotations

import contextlib
import math

#: More sentences than a person reads say no more than their number.
MOST_SENTENCES = 100
_LONGEST_SENTENCE = 300


class Omissions:
    """Sentences on omissions, each once, in the order in which they came."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}
        self._further = 0

    def add(self, sentence: str) -> None:
        """Take a sentence; beyond :data:`MOST_SENTENCES` only count it."""
        if len(sentence) > _LONGEST_SENTENCE:
            sentence = sentence[: _LONGEST_SENTENCE - 1] + "…"
        if sentence in self._sentences or len(self._sentences) < MOST_SENTENCES:
            self._sentences[sentence] = None
        else:
            self._further += 1

    def finite_number(self, text: str, subject: str, expected: str = "a number") -> float | None:
        """Return the finite number that a text holds, or add that it holds none."""
        with contextlib.suppress(ValueError):
            if math.isfinite(number := float(text)):
                return number
        self.add(f"{subject}: expected {expected}, got {text!r:.40}")
        return None

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences; the last one counts those that are not shown."""
        further = (f"and {self._further} more of this kind",) if self._further else ()
        return (*self._sentences, *further)
