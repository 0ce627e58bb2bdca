"""Content words of English phrases, compared up to inflection, derivation and compounding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from math import ceil

import snowballstemmer

from marker_coupling.study.english_words import (
    COMPOUND_HEADS,
    DERIVATIONS,
    FRAME_WORDS,
    FUNCTION_WORDS,
    IRREGULAR_FORMS,
    LONG_SUFFIXES,
    PREFIXES,
    SUFFIXES,
)

# Least length of a common beginning, in letters and as a share of the longer stem, that is a common root.
_ROOT_LETTERS = 5
_ROOT_SHARE = 0.6
# Shorter pieces of a word are coincidence unless the rest is an affix or a known second part.
_PIECE_LETTERS = 4
_SHORT_PIECE_LETTERS = 3

# Phrases and words whose normal forms are remembered; a study has some thousand.
_CACHED = 8192
_PASSED_OVER = FUNCTION_WORDS | FRAME_WORDS
_TYPOGRAPHIC_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_STEMMER = snowballstemmer.stemmer("english")


def content_words(phrase: str) -> tuple[str, ...]:
    """Return the content words of an English phrase in order, in lower case and without accents.

    Function words and the frame words of a description ("someone", "person") are left out. A hyphenated
    compound counts as several words; a possessive ending is dropped.

    Examples
    --------
    >>> content_words("someone who tends a lamp that warns ships off the rocks")
    ('tends', 'lamp', 'warns', 'ships', 'rocks')
    """
    decomposed = unicodedata.normalize("NFKD", phrase).casefold().replace(_TYPOGRAPHIC_APOSTROPHE, "'")
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = (re.sub(r"'(?:s|$)", "", word) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", letters))
    return tuple(word for word in words if word and word not in _PASSED_OVER)


def lemmas(word: str) -> frozenset[str]:
    """Return the normal forms of a content word: its stem, and the base of an irregular form.

    Notes
    -----
    The stemmer is Snowball's "english" (Porter2).
    """
    stem = _stem(word)
    return _bases(word) | _bases(stem) | {stem}


def are_related(word: str, other: str) -> bool:
    """Return True if two words are related by inflection, derivation or compounding.

    Four rules, each tried on the normal forms of both words and of the parts of known compounds:

    - equal normal forms (keep, kept), or one family of irregular derivations (thief, theft);
    - one stem begins or ends the other and what is left is an affix (bake, baker) or long enough for the
      other half of a compound (light, lighthouse);
    - a common beginning of five letters or more that is most of the longer stem (sculptor, sculpture);
    - stems that differ in their last consonant as Latin verbs and their nouns do (decide, decision).

    The last three are rules on spelling and err on the side of relating too much: ``corner`` and ``corn``.
    """
    pairs = [(a, b) for a in _roots(word) for b in _roots(other)]
    pairs += [(b, a) for a, b in pairs]
    return any(a == b or _is_piece(a, b) or _alternate(a, b) or _have_a_root(a, b) for a, b in pairs)


def shared_content_words(phrase: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return every pair of related content words, the first from ``phrase`` and the second from ``other``.

    Examples
    --------
    >>> shared_content_words("a lighthouse keeper", "someone who kept a lamp lit")
    (('lighthouse', 'lit'), ('keeper', 'kept'))
    """
    others = tuple(dict.fromkeys(content_words(other)))
    return tuple((a, b) for a in dict.fromkeys(content_words(phrase)) for b in others if are_related(a, b))


@lru_cache(maxsize=_CACHED)
def phrase_lemmas(phrase: str) -> tuple[frozenset[str], ...]:
    """Return the normal forms of each content word of a phrase, in order."""
    return tuple(lemmas(word) for word in content_words(phrase))


def mentions(phrase: str, name: str) -> bool:
    """Return True if a phrase has all content words of a name, in any inflection.

    No phrase mentions a name that has none. Two names that mention each other are near duplicates: they
    differ in articles, forms or order alone.
    """
    wanted = phrase_lemmas(name)
    present: frozenset[str] = frozenset().union(*phrase_lemmas(phrase))
    return bool(wanted) and all(not word.isdisjoint(present) for word in wanted)


@lru_cache(maxsize=_CACHED)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def _index(families: Iterable[tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Map each member, and its stem, to the first members of its families; "flight" has two."""
    index: dict[str, frozenset[str]] = {}
    for family in families:
        for key in {key for form in family for key in (form, _stem(form))}:
            index[key] = index.get(key, frozenset()) | {family[0]}
    return index


_BASES = _index(IRREGULAR_FORMS)
_DERIVED_FROM = _index(DERIVATIONS)


def _bases(word: str) -> frozenset[str]:
    return _BASES.get(word, frozenset())


@lru_cache(maxsize=_CACHED)
def _roots(word: str) -> frozenset[str]:
    """Return the forms to compare a word by: itself, normal forms, their families, parts of a compound."""
    forms = lemmas(word) | {word}
    for length in range(_SHORT_PIECE_LETTERS, len(word)):
        if word[length:] in _COMPOUND_ENDINGS:
            forms |= lemmas(word[:length]) | _COMPOUND_ENDINGS[word[length:]]
    return forms.union(*(_DERIVED_FROM.get(form, frozenset()) for form in forms))


# Endings of compounds, plurals included, with the normal forms of the second part.
_COMPOUND_ENDINGS = {head + plural: lemmas(head) for head in COMPOUND_HEADS for plural in ("", "s", "es")}


def _is_piece(piece: str, word: str) -> bool:
    """Return True if a stem is another one with an affix, or a part of it too long for coincidence."""
    beginning_alike = word[:_SHORT_PIECE_LETTERS] == piece[:_SHORT_PIECE_LETTERS]
    if len(piece) < _SHORT_PIECE_LETTERS or piece == word or not (beginning_alike or word.endswith(piece)):
        return False
    # Before a suffix a silent e is dropped (bake, bakery), and a last consonant may be doubled (dig, digger).
    for beginning in {piece, piece.removesuffix("e"), piece + piece[-1]}:
        if len(beginning) >= _SHORT_PIECE_LETTERS and word.startswith(beginning):
            suffix = word.removeprefix(beginning)
            if suffix in SUFFIXES or (len(piece) >= _PIECE_LETTERS and suffix in LONG_SUFFIXES):
                return True
    if len(piece) < _PIECE_LETTERS:
        return False
    if word.endswith(piece) and word.removesuffix(piece) in PREFIXES:
        return True
    affixed = word.startswith(piece) or word.endswith(piece)
    return affixed and len(word) - len(piece) >= _SHORT_PIECE_LETTERS


def _alternate(stem: str, other: str) -> bool:
    """Return True if stems differ as those of decide and decision, or admit and admission."""
    if len(stem) < _ROOT_LETTERS or stem[-1] not in "dt" or stem.endswith("st"):
        return False
    return other in (stem[:-1] + "s", stem[:-1] + "ss")


def _have_a_root(stem: str, other: str) -> bool:
    """Return True if stems have a common beginning that is most of the longer one."""
    letters = max(_ROOT_LETTERS, ceil(_ROOT_SHARE * max(len(stem), len(other))))
    return min(len(stem), len(other)) >= letters and stem[:letters] == other[:letters]
