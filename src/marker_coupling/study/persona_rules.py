"""Rules on the wording of personas: phrases fit a slot, names and descriptions have no word in common."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from marker_coupling.study.content_words import content_words, shared_content_words
from marker_coupling.study.personas import Persona

FEWEST_DESCRIPTION_WORDS = 6
MOST_DESCRIPTION_WORDS = 16
MOST_NAME_WORDS = 6
KEY_PATTERN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")

# First words with which a phrase can follow "You are".
_ARTICLES = ("a", "an", "the")
_DESCRIPTION_BEGINNINGS = (*_ARTICLES, "someone", "somebody", "one")


@dataclass(frozen=True)
class Overlap:
    """Content words that two phrases of one persona have in common.

    Parameters
    ----------
    first, second : index of each phrase in `Persona.phrases`, the name's being 0
    words : related pairs, the first of each from the first phrase
    """

    first: int
    second: int
    words: tuple[tuple[str, str], ...]


def phrase_requirement(phrase: str) -> str | None:
    """Return the requirement that a phrase fails to be put into a sentence; None if it is sound."""
    if any(unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" for char in phrase):
        return "a phrase without control characters"
    if phrase != " ".join(phrase.split()):
        return "a phrase whose words are one space apart, without any around it"
    if phrase != unicodedata.normalize("NFC", phrase):
        return "a phrase in Unicode's normal form NFC"
    if not phrase or not (phrase[-1].isalnum()):
        return "a phrase that ends in a letter, so that the sentence around it can go on"
    if "{" in phrase or "}" in phrase:
        return "a phrase without braces"
    return None


def name_requirement(name: str) -> str | None:
    """Return the requirement that a persona's name fails; None if it is sound."""
    words = name.split()
    if not words or words[0] not in _ARTICLES:
        return "a noun phrase that begins with a, an or the"
    if len(words) > MOST_NAME_WORDS:
        return f"a name of at most {MOST_NAME_WORDS} words"
    if not content_words(name):
        return "a name with a content word"
    return phrase_requirement(name)


def description_requirement(description: str) -> str | None:
    """Return the requirement that a persona's description fails; None if it is sound."""
    words = description.split()
    if not words or words[0] not in _DESCRIPTION_BEGINNINGS:
        return f"a noun phrase that begins with one of {', '.join(_DESCRIPTION_BEGINNINGS)}"
    if not FEWEST_DESCRIPTION_WORDS <= len(words) <= MOST_DESCRIPTION_WORDS:
        return f"a description of {FEWEST_DESCRIPTION_WORDS} to {MOST_DESCRIPTION_WORDS} words"
    return phrase_requirement(description)


def lexical_overlaps(persona: Persona) -> Iterator[Overlap]:
    """Yield the content words in common for each two of a persona's phrases that have any."""
    for (first, phrase), (second, other) in combinations(enumerate(persona.phrases), 2):
        words = shared_content_words(phrase, other)
        if words:
            yield Overlap(first, second, words)
