"""Kinds of single values in a document, each with its bounds: numbers by a range, texts by a length."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol

from guarded_files import quoted
from guarded_files.normal_form import normal_form

#: Of a name: of a persona, a projection, a base model.
LONGEST_NAME = 100
#: Of a text that a model is asked or told.
LONGEST_TEXT = 10_000


class Mismatch(Exception):  # noqa: N818 - turned into the error of the document's reader
    """A value is not of its kind.

    Parameters
    ----------
    problem : the expected and the actual value
    key : its path from the document's root
    """

    def __init__(self, problem: str, key: str = "") -> None:
        super().__init__(problem, key)
        self.problem, self.key = problem, key

    def inside(self, key: str) -> Mismatch:
        """Return the same mismatch as seen from the table or array that holds the value."""
        joint = "" if not self.key or self.key.startswith("[") else "."
        shown = key if len(key) <= LONGEST_NAME else f"{key[:LONGEST_NAME]}..."
        return Mismatch(self.problem, f"{shown}{joint}{self.key}")

    def __str__(self) -> str:
        return f"key {self.key}: {self.problem}" if self.key else self.problem


def mismatch(expected: object, got: str, key: str = "") -> Mismatch:
    """Return the mismatch of an expected and an actual value."""
    return Mismatch(f"expected {expected}, got {got}", key)


class Kind(Protocol):
    """A kind of value."""

    def check(self, value: object) -> Any:
        """Return the value as it is used; raise `Mismatch` if it is of another kind."""

    def __str__(self) -> str:
        """Describe the expected values, bounds included."""


@dataclass(frozen=True)
class Whole:
    """A whole number within a range, both ends included."""

    low: int
    high: int

    def check(self, value: object) -> int:
        """Return the number."""
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise mismatch(self, quoted(value))
        return value

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Real:
    """A finite number within a range, both ends included."""

    low: float
    high: float

    def check(self, value: object) -> float:
        """Return the number as a float."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise mismatch(self, quoted(value))
        if not self.low <= value <= self.high:
            raise mismatch(self, quoted(value))
        # Adding zero turns -0.0, which would be written and hashed in another way, into 0.0.
        return float(value) + 0.0

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def check(self, value: object) -> bool:
        """Return it."""
        if not isinstance(value, bool):
            raise mismatch(self, quoted(value))
        return value

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Choice:
    """One of a few texts."""

    choices: tuple[str, ...]

    def check(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str) or value not in self.choices:
            raise mismatch(self, quoted(value))
        return value

    def __str__(self) -> str:
        return f"one of {', '.join(self.choices)}"


@dataclass(frozen=True)
class AnyText:
    """Any text that is not too long, control characters included: escape it before showing it."""

    longest: int = LONGEST_TEXT

    def check(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str) or len(value) > self.longest:
            raise mismatch(self, quoted(value))
        return value

    def __str__(self) -> str:
        return f"a text of at most {self.longest} characters"


@dataclass(frozen=True)
class Text(AnyText):
    """A text that is not blank, without control characters.

    Parameters
    ----------
    longest : characters
    one_line : without line ends, tabs and anything else that is not printable, nor spaces around it
    """

    one_line: bool = False

    def check(self, value: object) -> str:
        """Return the text."""
        text = super().check(value)
        if not normal_form(text):
            raise mismatch(self, quoted(text))
        if self.one_line and text != text.strip():
            raise mismatch(f"{self}, without spaces around it", quoted(text))
        for character in text:
            if not character.isprintable() and (self.one_line or not _is_layout(character)):
                unwanted = "anything that is not printable" if self.one_line else "control characters"
                raise mismatch(f"{self}, without {unwanted}", quoted(text))
        return text


#: A name: of a persona, a module, a model.
NAME = Text(LONGEST_NAME, one_line=True)


def _is_layout(character: str) -> bool:
    """Return True if a character is allowed in a text of several lines: not a control character."""
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
