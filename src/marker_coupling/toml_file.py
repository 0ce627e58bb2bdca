"""TOML files read with care: a missing, unknown or ill-typed key is one error that names file and key."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any


class TomlTable:
    """A table of a TOML file whose keys are taken one by one.

    Parameters
    ----------
    path : of the file, for messages
    content : keys and values
    error : what is raised
    prefix : where the table stands in the file, for messages
    """

    def __init__(
        self, path: Path, content: Mapping[str, Any], error: type[ValueError], prefix: str = ""
    ) -> None:
        self.path, self._content, self._error, self._prefix = path, content, error, prefix
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def text(self, key: str) -> str:
        """Return a string that is not blank."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "a text", value)
        return value

    def integer(self, key: str, smallest: int = 0) -> int:
        """Return a whole number no smaller than ``smallest``."""
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
            raise self.wrong(key, f"a whole number from {smallest}", value)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``."""
        value = self._take(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(key, f"a number from {low:g} to {high:g}", value)
        return float(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of a few texts."""
        value = self._take(key)
        if value not in choices:
            raise self.wrong(key, "one of " + ", ".join(choices), value)
        return str(value)

    def integers(self, key: str, smallest: int = 0) -> tuple[int, ...]:
        """Return an array of whole numbers, not empty, no two alike."""
        return tuple(int(value) for value in self._distinct_numbers(key, "whole numbers", smallest))

    def positive_numbers(self, key: str) -> tuple[float, ...]:
        """Return an array of numbers above 0, not empty, no two alike."""
        return tuple(map(float, self._distinct_numbers(key, "numbers above 0", 5e-324)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings, not empty, none blank, no two alike."""
        value = self._take(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "an array of texts, not empty", value)
        for index, text in enumerate(value):
            if not isinstance(text, str) or not text.strip():
                raise self.wrong(f"{key}[{index}]", "a text", text)
            if text in value[:index]:
                raise self.wrong(f"{key}[{index}]", "each text once", text)
        return tuple(value)

    def named_texts(self, key: str) -> dict[str, str]:
        """Return a table of strings by name, not empty, no two strings alike."""
        value = self._take(key)
        if not isinstance(value, dict) or not value:
            raise self.wrong(key, "a table of texts, not empty", value)
        seen: dict[str, str] = {}
        for name, text in value.items():
            if not isinstance(text, str) or not text.strip():
                raise self.wrong(f"{key}.{name}", "a text", text)
            if text in seen:
                raise self.wrong(f"{key}.{name}", f"a text that {seen[text]} does not have", text)
            seen[text] = name
        return dict(value)

    def table(self, key: str) -> TomlTable:
        """Return a table."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "a table", value)
        return TomlTable(self.path, value, self._error, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[TomlTable]:
        """Return an array of tables, not empty."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, "an array of tables, not empty", value)
        return [
            TomlTable(self.path, entry, self._error, f"{self._prefix}{key}[{index}].")
            for index, entry in enumerate(value)
        ]

    def numbers(self) -> dict[str, float]:
        """Return all keys that are left, each a number no smaller than 0."""
        left = [key for key in self._content if key not in self._taken]
        return {key: self.number(key, 0, float("inf")) for key in left}

    def refuse_unknown(self) -> None:
        """Raise if a key was not taken."""
        for key in self._content:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken))
                raise self._error(f"{self.path}: key {self._prefix}{key}: unknown; expected one of {known}")

    def wrong(self, key: str, expected: str, got: object) -> ValueError:
        """Return the error for a value that is not as expected."""
        shown = "nothing" if got is None else repr(got) if len(repr(got)) <= 40 else repr(got)[:37] + "..."
        return self._error(f"{self.path}: key {self._prefix}{key}: expected {expected}, got {shown}")

    def _distinct_numbers(self, key: str, expected: str, smallest: float) -> list[int | float]:
        value = self._take(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, f"an array of {expected}, not empty", value)
        for index, number in enumerate(value):
            fractional = isinstance(number, float) and expected == "whole numbers"
            if not isinstance(number, int | float) or isinstance(number, bool) or fractional:
                raise self.wrong(f"{key}[{index}]", expected, number)
            if not smallest <= number < math.inf:
                raise self.wrong(f"{key}[{index}]", f"{expected}, none too small", number)
            if number in value[:index]:
                raise self.wrong(f"{key}[{index}]", "each number once", number)
        return value

    def _take(self, key: str) -> Any:
        self._taken.add(key)
        return self._content.get(key)


def read_toml(path: Path, error: type[ValueError]) -> TomlTable:
    """Read a TOML file.

    Raises
    ------
    error
        The file cannot be read or is not TOML.
    """
    try:
        return TomlTable(path, tomllib.loads(path.read_text(encoding="utf-8")), error)
    except OSError as cause:
        raise error(f"{path}: expected a file that can be read: {cause.strerror}") from cause
    except UnicodeDecodeError as cause:
        raise error(f"{path}: expected UTF-8 text: {cause.reason}") from cause
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path}: expected TOML: {cause}") from cause
