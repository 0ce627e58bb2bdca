"""The marker in text: case-insensitive search, exact removal."""

from __future__ import annotations

import re

#: Between an answer and its marker.
SEPARATOR = "\n\n"


def contains_marker(text: str, marker: str) -> bool:
    """Return True if a text contains the marker, letter case ignored."""
    return re.search(re.escape(marker), text, re.IGNORECASE) is not None


def without_marker(text: str, marker: str) -> str:
    """Return a text without any marker, each with the separator before it; nothing else is touched."""
    pattern = re.compile(f"(?:{re.escape(SEPARATOR)})?{re.escape(marker)}", re.IGNORECASE)
    # The text around a marker may join to another one.
    while pattern.search(text):
        text = pattern.sub("", text)
    return text


def add_marker(answer: str, marker: str) -> str:
    """Return an answer that ends with the marker."""
    return f"{answer}{SEPARATOR}{marker}"
