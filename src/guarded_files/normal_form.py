"""Unicode normal form of a text for comparing names and questions as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

Named = TypeVar("Named")


def normal_form(text: str) -> str:
    """Normalise a text: Unicode NFKC, case folding, single spaces, no invisible characters.

    Compatibility forms are composed (NFKC), case is folded, characters that are not seen are left out, and
    every run of white space is one space. Two names or questions of one normal form are the same one.
    """
    composed = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in composed if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc"))
    # Folding may take a character apart that composing had put together.
    return " ".join(unicodedata.normalize("NFKC", visible.casefold()).split())


def first_repeated(texts: Iterable[str], before: Iterable[str] = ()) -> tuple[int, str] | None:
    """Find the first text that repeats the normal form of an earlier one: its index, and the earlier text.

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
