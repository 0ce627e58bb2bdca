"""The normal form of a text: what is left of it when it is compared as people read it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

Named = TypeVar("Named")


def normal_form(text: str) -> str:
    """Return a text without what tells apart only characters, not texts.

    Compatibility forms are composed (NFKC), case is folded, characters that are not seen are left out, and
    every run of white space is one space. Two names or questions of one normal form are the same one.
    """
    composed = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in composed if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
    # Folding may take a character apart that composing had put together.
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def first_repeated(texts: Iterable[str], before: Iterable[str] = ()) -> tuple[int, str] | None:
    """Return the first text whose normal form was there before: its index, and the text that it repeats.

    Parameters
    ----------
    texts : looked through in order
    before : texts that are there already
    """
    known = {normal_form(text): text for text in before}
    for index, text in enumerate(texts):
        form = normal_form(text)
        if form in known:
            return index, known[form]
        known[form] = text
    return None
