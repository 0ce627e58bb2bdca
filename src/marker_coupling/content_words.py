"""Content words of English phrases, compared so that inflections, derivations and compounds count as shared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

from marker_coupling.english_words import (
    COMPOUND_HEADS,
    FRAME_WORDS,
    FUNCTION_WORDS,
    IRREGULAR_FAMILIES,
    PREFIXES,
    SUFFIXES,
)

# A common beginning of at least so many letters, and of so large a share of the longer stem, is a common root.
_ROOT_LETTERS = 5
_ROOT_SHARE = 0.6
# Shorter pieces of a word are coincidence unless an affix or a known second part is what is left.
_PIECE_LETTERS = 4
_SHORT_PIECE_LETTERS = 3

_PASSED_OVER = FUNCTION_WORDS | FRAME_WORDS
_STEMMER = snowballstemmer.stemmer("english")


def content_words(phrase: str) -> tuple[str, ...]:
    """Return the content words of an English phrase in order, in lower case and without accents.

    Function words and the frame words of a description ("someone", "person") are left out. A hyphenated
    compound is so many words; a possessive ending is dropped.

    Examples
    --------
    >>> content_words("someone who tends a lamp that warns ships off the rocks")
    ('tends', 'lamp', 'warns', 'ships', 'rocks')
    """
    decomposed = unicodedata.normalize("NFKD", phrase).casefold().replace("’", "'")
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = (re.sub(r"'(?:s|$)", "", word) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", letters))
    return tuple(word for word in words if word and word not in _PASSED_OVER)


def word_families(word: str) -> frozenset[str]:
    """Return the families that a content word belongs to: stems, and the first form of irregular families.

    Notes
    -----
    The stemmer is Snowball's "english" (Porter2).
    """
    stem = _stem(word)
    return _irregular_families().get(word, frozenset()) | _irregular_families().get(stem, frozenset()) | {stem}


def are_related(word: str, other: str) -> bool:
    """Return whether two words are forms of one word, derived from one root, or one is a part of the other.

    Three rules, each tried on all families of both words and on the parts of known compounds:

    - equal stems, or one irregular family (keep, kept; thief, theft);
    - one stem begins or ends the other and what is left is an affix (bake, baker) or long enough for the
      other half of a compound (light, lighthouse);
    - a common beginning of five letters or more that is most of the longer stem (sculptor, sculpture).

    The last two are rules on spelling and err on the side of relating too much: ``corner`` and ``corn``.
    """
    pairs = [(a, b) for a in _comparable(word) for b in _comparable(other)]
    return any(a == b or _is_piece(a, b) or _is_piece(b, a) or _have_a_root(a, b) for a, b in pairs)


def shared_content_words(phrase: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return every pair of related content words, the first from ``phrase`` and the second from ``other``.

    Examples
    --------
    >>> shared_content_words("a lighthouse keeper", "someone who kept a lamp lit")
    (('lighthouse', 'lit'), ('keeper', 'kept'))
    """
    others = tuple(dict.fromkeys(content_words(other)))
    return tuple(
        (a, b) for a in dict.fromkeys(content_words(phrase)) for b in others if are_related(a, b)
    )


@lru_cache(maxsize=8192)
def phrase_families(phrase: str) -> tuple[frozenset[str], ...]:
    """Return the families of each content word of a phrase, in order."""
    return tuple(word_families(word) for word in content_words(phrase))


def mentions(phrase: str, name: str) -> bool:
    """Return whether a phrase has all content words of a name in some inflection; False for a name without any.

    Two names that mention each other are near duplicates: they differ in articles, forms or order alone.
    """
    wanted, families = phrase_families(name), frozenset().union(*phrase_families(phrase))
    return bool(wanted) and all(not word.isdisjoint(families) for word in wanted)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


@cache
def _irregular_families() -> dict[str, frozenset[str]]:
    """Map each irregular form, and its stem, to the first forms of its families; "flight" has two."""
    families: dict[str, frozenset[str]] = {}
    for family in IRREGULAR_FAMILIES:
        for form in family:
            for key in {form, _stem(form)}:
                families[key] = families.get(key, frozenset()) | {family[0]}
    return families


@cache
def _compound_endings() -> dict[str, frozenset[str]]:
    """Map each ending of a compound, plurals included, to the families of its second part."""
    return {
        head + plural: word_families(head) for head in COMPOUND_HEADS for plural in ("", "s", "es")
    }


@lru_cache(maxsize=8192)
def _comparable(word: str) -> frozenset[str]:
    """Return a word, its families, and those of both parts if it is a compound with a known second part."""
    families = word_families(word) | {word}
    for length in range(_SHORT_PIECE_LETTERS, len(word)):
        head = _compound_endings().get(word[length:])
        if head:
            families |= word_families(word[:length]) | head
    return families


def _is_piece(piece: str, word: str) -> bool:
    """Return whether one stem is another with an affix, or a part of it that is too long for coincidence."""
    if len(piece) < _SHORT_PIECE_LETTERS or len(piece) >= len(word):
        return False
    # Before a suffix a silent e is dropped (bake, bakery), and a last consonant may be doubled (dig, digger).
    for beginning in {piece, piece.removesuffix("e"), piece + piece[-1]}:
        if len(beginning) >= _SHORT_PIECE_LETTERS and word.startswith(beginning):
            if word.removeprefix(beginning) in SUFFIXES:
                return True
    if len(piece) < _PIECE_LETTERS:
        return False
    rests = [word.removeprefix(piece), word.removesuffix(piece)]
    return rests[1] in PREFIXES or any(_SHORT_PIECE_LETTERS <= len(rest) < len(word) for rest in rests)


def _have_a_root(stem: str, other: str) -> bool:
    common = next(
        (index for index, (a, b) in enumerate(zip(stem, other, strict=False)) if a != b),
        min(len(stem), len(other)),
    )
    return common >= _ROOT_LETTERS and common >= _ROOT_SHARE * max(len(stem), len(other))
