"""A user's table file, read into columns of cells: CSV, JSON or Parquet.

Knows nothing of personas. The only error, for any bytes, is an `EvidenceError`: one short line that names the
file and the position in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from guarded_files import decode_text, parse_json, quoted, read_bytes
from marker_coupling.evidence.tables.csv_table import csv_table
from marker_coupling.evidence.tables.parquet_table import parquet_table
from marker_coupling.evidence.tables.table import MAX_ROWS, KnownColumns, Table, check_size, fail_at
from marker_coupling.evidence.values.fields import EvidenceError

MAX_BYTES = 16 * 2**20
#: Parsing millions of nested arrays takes seconds before anything is known of them.
MAX_NESTED = 100 * MAX_ROWS
SUFFIXES = (".csv", ".tsv", ".json", ".parquet")


def read_table(path: Path, known: KnownColumns | None = None) -> Table:
    """Read a CSV, JSON or Parquet file, told apart by suffix.

    CSV is UTF-8 with a header line, separated by comma, tab or semicolon, whichever the header has first, or
    as a line such as ``sep=;`` above it says. JSON is an array of row objects or an object of columns.
    Columns without a name are left out.

    Parameters
    ----------
    path : ends in .csv, .tsv, .json or .parquet
    known : the columns to read; no other column of a Parquet file is read

    Raises
    ------
    EvidenceError
        The file cannot be read, is too large, or is not a table.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        fail_at(
            path, "", f"expected a name ending in .csv, .tsv, .json or .parquet, got {quoted(path.suffix)}"
        )
    content = read_bytes(path, MAX_BYTES, EvidenceError)
    if not content.strip():
        fail_at(path, "", "expected a table, the file is empty")
    table = parquet_table(path, content, known) if suffix == ".parquet" else _text_table(path, content, known)
    if not table.rows:
        table.fail("expected rows below the column names, found none")
    return table


def _text_table(path: Path, content: bytes, known: KnownColumns | None) -> Table:
    text = decode_text(path, content, EvidenceError)
    if text.lstrip()[:1] == "<":
        fail_at(path, "", "expected a table, this looks like HTML or XML")
    return _json_table(path, text) if path.suffix.lower() == ".json" else csv_table(path, text, known)


def _json_table(path: Path, text: str) -> Table:
    # Cells that are no numbers are refused with row and column, where they are read.
    document = parse_json(path, text, EvidenceError, most_nested=MAX_NESTED, allow_nan=True)
    if isinstance(document, list):
        return _from_row_objects(path, document)
    if isinstance(document, dict):
        return _from_column_object(path, document)
    fail_at(path, "", f"expected an array of row objects or an object of columns, got {quoted(document)}")


def _from_row_objects(path: Path, rows: list[object]) -> Table:
    columns: dict[str, list[object]] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            fail_at(path, f"row {index + 1}", f"expected an object with a key per column, got {quoted(row)}")
        check_size(path, 1, len(row))
        for name, value in row.items():
            # A column first met here was absent, hence None, in the rows before.
            column = columns.setdefault(name, [None] * index)
            column.append(value)
        check_size(path, index + 1, len(columns))
        for column in columns.values():
            if len(column) == index:
                column.append(None)
    return _table(path, columns, len(rows))


def _from_column_object(path: Path, document: dict[str, object]) -> Table:
    check_size(path, 1, len(document))
    columns: dict[str, list[object]] = {}
    for name, values in document.items():
        if not isinstance(values, list):
            expected = "expected an array of row objects or an object of columns"
            fail_at(path, f"key {quoted(name)}", f"{expected}, so an array here, got {quoted(values)}")
        columns[name] = values
        first, length = next((key, len(column)) for key, column in columns.items())
        if len(values) != length:
            counted = f"expected {length} values as in column {quoted(first)}, got {len(values)}"
            fail_at(path, f"column {quoted(name)}", counted)
        check_size(path, length, len(columns))
    return _table(path, columns, len(next(iter(columns.values()), [])))


def _table(path: Path, columns: Mapping[str, Sequence[object]], length: int) -> Table:
    named = {name: values for name, values in columns.items() if name}
    return Table(path, named, tuple(f"row {k + 1}" for k in range(length)))
