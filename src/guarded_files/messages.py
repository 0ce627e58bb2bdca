"""One-line error messages about files: the file, the position in it, the expected and the actual value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

QUOTED_CHARACTERS = 40

Error = TypeVar("Error", bound=ValueError)


def refusal(error: type[Error], path: Path | str, position: str, expected: str) -> Error:
    """Return the error for a file: its name, the position in it if there is one, and the expectation."""
    return error(one_line(": ".join(part for part in (str(path), position, expected) if part)))


def one_line(text: str) -> str:
    """Escape all characters of a text that are not printable.

    A path or another library's message may hold anything, line ends and terminal colours included.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def quoted(value: object) -> str:
    """Format a value for a one-line message: escaped, and cut to some forty characters."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, int) and abs(value) >= 10**QUOTED_CHARACTERS:
        return "a number of more than 40 digits"
    if isinstance(value, str | bytes) and len(value) > QUOTED_CHARACTERS:
        return f"{value[:QUOTED_CHARACTERS]!r}..."
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 4 * QUOTED_CHARACTERS else f"{text[: 4 * QUOTED_CHARACTERS]}..."
