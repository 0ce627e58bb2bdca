"""Schema of a document, and its validation: tables of keys, each with the kind of its value.

A schema is data. `Section.check` validates a whole document before any other code reads it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guarded_files import quoted
from guarded_files.normal_form import first_repeated
from guarded_files.schema_values import NAME, Kind, Mismatch, mismatch

#: How alike a key must be to one that is missing, to be taken for a slip of it (0 to 1).
NEAR_MISS = 0.75
_LONGEST_COMPARED_KEY, _MOST_COMPARED = 64, 100


@dataclass(frozen=True)
class Array:
    """An array of values of one kind.

    Parameters
    ----------
    of : their kind
    most, least : number of values
    what : name of the values in messages, in the plural
    distinct : no two are alike
    """

    of: Kind
    most: int
    what: str
    least: int = 1
    distinct: bool = True

    def check(self, value: object) -> tuple[Any, ...]:
        """Return the values; texts are alike if their normal form is."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            got = f"{len(value)} of them" if isinstance(value, list) else quoted(value)
            raise mismatch(self, got)
        checked = tuple(_inside(f"[{index}]", self.of, element) for index, element in enumerate(value))
        if self.distinct and (repeated := first_repeated(map(str, checked))):
            index, before = repeated
            got = f"{quoted(value[index])}{_also(before, str(checked[index]))}"
            raise mismatch(f"each of the {self.what} once", got, f"[{index}]")
        return checked

    def __str__(self) -> str:
        return f"an array of {_range(self.least, self.most)} {self.what}"


@dataclass(frozen=True)
class Named:
    """A table of values of one kind by name.

    Parameters
    ----------
    of : their kind
    most, least : number of values
    what : name of the values in messages, in the plural
    distinct : no two texts, and no two names, have one normal form
    name : kind of the names
    """

    of: Kind
    most: int
    what: str
    least: int = 1
    distinct: bool = True
    name: Kind = NAME

    def check(self, value: object) -> dict[str, Any]:
        """Return values by name; names and texts are alike if their normal form is."""
        if not isinstance(value, dict) or not self.least <= len(value) <= self.most:
            got = f"{len(value)} of them" if isinstance(value, dict) else quoted(value)
            raise mismatch(self, got)
        names = list(value)
        for name in names:
            try:
                self.name.check(name)
            except Mismatch as problem:
                raise problem.inside(f"{quoted(name)}, its name") from None
        if self.distinct and (repeated := first_repeated(names)):
            index, before = repeated
            raise mismatch("each name once", f"{quoted(names[index])}{_also(before, names[index])}")
        checked = {name: _inside(name, self.of, element) for name, element in value.items()}
        if self.distinct and (repeated := first_repeated(checked.values())):
            index, before = repeated
            holder = next(name for name, text in checked.items() if text == before)
            raise mismatch(f"a text that {holder} does not have", quoted(checked[names[index]]), names[index])
        return checked

    def __str__(self) -> str:
        return f"a table of {_range(self.least, self.most)} {self.what}"


@dataclass(frozen=True)
class Section:
    """A table of values by key.

    Parameters
    ----------
    fields : kinds of the values
    optional : keys that may be missing
    retired : keys of earlier versions, each with the reason why it is refused and what takes its place
    """

    fields: Mapping[str, Kind]
    optional: frozenset[str] = field(default=frozenset())
    retired: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: object) -> dict[str, Any]:
        """Return checked values by key, without the optional ones that are missing."""
        if not isinstance(value, dict):
            raise mismatch(self, quoted(value))
        for key, reason in self.retired.items():
            if key in value:
                raise Mismatch(reason).inside(key)
        unknown = [key for key in value if key not in self.fields]
        checked = {}
        for key, kind in self.fields.items():
            if key in value:
                checked[key] = _inside(key, kind, value[key])
            elif key not in self.optional:
                raise mismatch(kind, f"nothing{_slip(key, unknown)}", key)
        if unknown:
            raise Mismatch(f"unknown; expected one of {', '.join(sorted(self.fields))}").inside(unknown[0])
        return checked

    def __str__(self) -> str:
        return "a table"


@dataclass(frozen=True)
class Nullable:
    """A value of a kind, or none."""

    of: Kind

    def check(self, value: object) -> Any:
        """Return the value or None."""
        return None if value is None else self.of.check(value)

    def __str__(self) -> str:
        return f"{self.of}, or none"


@dataclass(frozen=True)
class Unchecked:
    """Any value of some Python types, whose content the caller checks."""

    types: tuple[type, ...]
    what: str

    def check(self, value: object) -> Any:
        """Return the value."""
        if not isinstance(value, self.types):
            raise mismatch(self.what, quoted(value))
        return value

    def __str__(self) -> str:
        return self.what


def _range(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _inside(key: str, kind: Kind, value: object) -> Any:
    try:
        return kind.check(value)
    except Mismatch as problem:
        raise problem.inside(key) from None


def _also(before: object, value: object) -> str:
    """Quote the earlier spelling of a repeated text, if it differs."""
    return "" if before == value else f", there before as {quoted(before)}"


def _slip(key: str, unknown: Iterable[str]) -> str:
    comparable = [other for other in unknown if len(other) <= _LONGEST_COMPARED_KEY][:_MOST_COMPARED]
    near = difflib.get_close_matches(key, comparable, n=1, cutoff=NEAR_MISS)
    return f"; is {quoted(near[0])} a slip of it?" if near else ""
