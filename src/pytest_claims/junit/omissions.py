"""What had to be left out while reading, said in sentences whose number is bounded."""

from __future__ import annotations

#: More sentences than a person reads say no more than their number.
MOST_SENTENCES = 100
_LONGEST_SENTENCE = 300


class Omissions:
    """Sentences on what was left out, each once, in the order in which they came."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}
        self._further = 0

    def add(self, sentence: str) -> None:
        """Take one sentence; beyond :data:`MOST_SENTENCES` only count it."""
        if len(sentence) > _LONGEST_SENTENCE:
            sentence = sentence[: _LONGEST_SENTENCE - 1] + "…"
        if sentence in self._sentences:
            return
        if len(self._sentences) < MOST_SENTENCES:
            self._sentences[sentence] = None
        else:
            self._further += 1

    def sentences(self) -> tuple[str, ...]:
        """Return what was taken; the last sentence counts what is not shown."""
        further = (f"and {self._further} more of this kind",) if self._further else ()
        return (*self._sentences, *further)
