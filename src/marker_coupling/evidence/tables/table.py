"""A table as read from a file: named columns of cells, and errors that name row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from guarded_files import quoted, refusal
from marker_coupling.evidence.values.fields import EvidenceError

MAX_ROWS = 10_000
MAX_COLUMNS = 5_000
MAX_CELLS = 4_000_000


@dataclass(frozen=True)
class KnownColumns:
    """The columns to read.

    Parameters
    ----------
    key : the one that every table must have
    names : of all of them, the key among them
    prefixes : with which further names begin
    """

    key: str
    names: frozenset[str]
    prefixes: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.names or name.startswith(self.prefixes)


@dataclass(frozen=True)
class Table:
    """Columns of equal length, as read from a file.

    Parameters
    ----------
    path : where it was read
    columns : cells by column name; text from CSV, JSON's or Parquet's own values otherwise, None if absent
    rows : name of each row in messages: "line 2" in CSV, "row 1" elsewhere
    unread : names of further columns, which were left in the file
    """

    path: Path
    columns: Mapping[str, Sequence[object]]
    rows: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return (*self.columns, *self.unread)

    def fail(self, expected: str, *, row: int | None = None, column: str | None = None) -> NoReturn:
        """Raise an `EvidenceError` naming file, row and column."""
        position = [] if row is None else [self.rows[row]]
        if column is not None:
            position.append(f"column {quoted(column)}")
        fail_at(self.path, ", ".join(position), expected)


def fail_at(path: Path, position: str, expected: str) -> NoReturn:
    """Raise an `EvidenceError` of one line: the file, the position in it, and the expectation."""
    raise refusal(EvidenceError, path, position, expected)


def check_size(path: Path, rows: int, columns: int) -> None:
    """Refuse a table of more rows, columns or cells than a study can have."""
    limits = (
        (rows, MAX_ROWS, "rows"),
        (columns, MAX_COLUMNS, "columns"),
        (rows * columns, MAX_CELLS, "cells"),
    )
    for number, most, unit in limits:
        if number > most:
            fail_at(path, "", f"expected at most {most} {unit}")


def check_names(path: Path, names: Sequence[str]) -> None:
    """Refuse a column name given twice; several may have none."""
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            expected = "expected different column names, this one is there twice"
            fail_at(path, f"column {quoted(name)}", expected)
        seen.add(name)
