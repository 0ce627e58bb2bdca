"""A table as read from a file: named columns of cells, and how to say what is wrong with one of them."""

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
    """The columns that somebody has a use for.

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
    """Columns of equal length, as found in a file.

    Parameters
    ----------
    path : where it was read
    columns : cells by column name; text from CSV, JSON's or Parquet's own values otherwise, None if absent
    rows : how to name each row in a message: "line 2" in CSV, "row 1" elsewhere
    unread : names of columns that nobody has a use for and that were left in the file
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
        place = [] if row is None else [self.rows[row]]
        if column is not None:
            place.append(f"column {quoted(column)}")
        fail_at(self.path, ", ".join(place), expected)


def fail_at(path: Path, place: str, expected: str) -> NoReturn:
    """Raise an `EvidenceError` of one line: the file, the place in it, what was expected."""
    raise refusal(EvidenceError, path, place, expected)


def check_size(path: Path, rows: int, columns: int) -> None:
    """Refuse a table of more rows, columns or cells than a study can have."""
    if rows > MAX_ROWS:
        fail_at(path, "", f"expected at most {MAX_ROWS} rows")
    if columns > MAX_COLUMNS:
        fail_at(path, "", f"expected at most {MAX_COLUMNS} columns")
    if rows * columns > MAX_CELLS:
        fail_at(path, "", f"expected at most {MAX_CELLS} cells")


def check_names(path: Path, names: Sequence[str]) -> None:
    """Refuse a column name given twice; several may have none."""
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            fail_at(
                path, f"column {quoted(name)}", "expected different column names, this one is there twice"
            )
        seen.add(name)
