"""Text from a report, made safe for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text on one line, without characters that move the cursor, hide or reorder what is shown."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
