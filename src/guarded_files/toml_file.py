"""TOML files validated by a schema; a value of another kind is one error that names file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guarded_files import quoted, read_toml, refusal
from guarded_files.schema import Section
from guarded_files.schema_values import Mismatch


class TomlDocument:
    """Content of a TOML file, as its schema makes it; path and class of errors are for messages."""

    def __init__(self, path: Path, content: dict[str, Any], error: type[ValueError]) -> None:
        self.path, self._content, self._error = path, content, error

    def __getitem__(self, key: str) -> Any:
        return self._content[key]

    def get(self, key: str) -> Any:
        """Return the value of an optional key, or None."""
        return self._content.get(key)

    def wrong(self, key: str, expected: str, got: object) -> ValueError:
        """Return the error for a value that does not go with the others."""
        return refusal(self._error, self.path, f"key {key}", f"expected {expected}, got {quoted(got)}")


def read_document(path: Path, schema: Section, error: type[ValueError]) -> TomlDocument:
    """Read a TOML file whose content has a schema.

    Raises
    ------
    error
        The file cannot be read, is not TOML, or holds something else than the schema says.
    """
    content = read_toml(path, error)
    try:
        return TomlDocument(path, schema.check(content), error)
    except Mismatch as mismatch:
        raise refusal(error, path, "", str(mismatch)) from None
