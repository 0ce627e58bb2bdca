"""A table as read from a file: named columns of cells, and how to say what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from marker_coupling.evidence_fields import EvidenceError

MAX_ROWS = 10_000
MAX_COLUMNS = 5_000
MAX_CELLS = 4_000_000
QUOTED_CHARACTERS = 40


@dataclass(frozen=True)
class Table:
    """Columns of equal length, as found in a file.

    Parameters
    ----------
    path : where it was read
    columns : cells by column name; text from CSV, JSON's or Parquet's own values otherwise, None if absent
    rows : how to name each row in a message: "line 2" in CSV, "row 1" elsewhere
    """

    path: Path
    columns: Mapping[str, Sequence[object]]
    rows: tuple[str, ...]

    def fail(self, expected: str, *, row: int | None = None, column: str | None = None) -> NoReturn:
        """Raise an `EvidenceError` naming file, row and column."""
        place = [] if row is None else [self.rows[row]]
        if column is not None:
            place.append(f"column {quoted(column)}")
        fail_at(self.path, ", ".join(place), expected)


def quoted(value: object) -> str:
    """Return a value as it can stand in a one-line message: escaped, and cut to some forty characters."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, int) and abs(value) >= 10**QUOTED_CHARACTERS:
        return "a number of more than 40 digits"
    if isinstance(value, str | bytes) and len(value) > QUOTED_CHARACTERS:
        return f"{value[:QUOTED_CHARACTERS]!r}..."
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 4 * QUOTED_CHARACTERS else f"{text[: 4 * QUOTED_CHARACTERS]}..."


def fail_at(path: Path, place: str, expected: str) -> NoReturn:
    """Raise an `EvidenceError` of one line: the file, the place in it, what was expected."""
    text = ": ".join(part for part in (str(path), place, expected) if part)
    # A path or another library's message may hold anything, line ends and terminal colours included.
    raise EvidenceError("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))


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
