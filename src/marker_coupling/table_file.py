"""A user's table file, read into columns of cells: CSV, JSON or Parquet.

Knows nothing of personas. Whatever bytes the file holds, the only error is an `EvidenceError` whose message
is one short line that names the file and the place in it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from marker_coupling.evidence_fields import EvidenceError
from marker_coupling.table import MAX_ROWS, Table, check_names, check_size, fail_at, quoted

MAX_BYTES = 16 * 2**20
#: Blank lines and cells of several lines included.
MAX_LINES = 10 * MAX_ROWS
#: Parsing millions of nested arrays takes seconds before anything is known of them.
MAX_NESTED = 100 * MAX_ROWS
#: A header of some thousand columns fits; a file without line ends does not.
MAX_LINE_CHARACTERS = 2**20
MAX_PARQUET_BYTES_UNPACKED = 16 * MAX_BYTES
CSV_SEPARATORS = ",\t;"
#: What other files are often renamed to or saved as a table, by their first bytes.
OTHER_FORMATS: Mapping[bytes, str] = MappingProxyType(
    {
        b"\x89PNG": "a PNG image",
        b"\xff\xd8\xff": "a JPEG image",
        b"GIF8": "a GIF image",
        b"%PDF": "a PDF document",
        b"PK\x03\x04": "an Excel or zip file",
        b"\x1f\x8b": "a gzip file",
        b"PAR1": "a Parquet file",
        b"SQLite format 3": "an SQLite database",
        b"\xff\xfe": "UTF-16 text",
        b"\xfe\xff": "UTF-16 text",
    }
)


def read_table(path: Path) -> Table:
    """Read a CSV, JSON or Parquet file, told apart by suffix.

    CSV is UTF-8 with a header line, separated by comma, tab or semicolon, whichever the header has first.
    JSON is an array of row objects or an object of columns. Columns without a name are left out.

    Parameters
    ----------
    path : ends in .csv, .tsv, .json or .parquet

    Raises
    ------
    EvidenceError
        The file cannot be read, is too large, or is not a table.
    """
    readers: dict[str, Callable[[Path, bytes], Table]] = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".json": _read_json,
        ".parquet": _read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        fail_at(
            path, "", f"expected a name ending in .csv, .tsv, .json or .parquet, got {quoted(path.suffix)}"
        )
    table = reader(path, _content(path))
    if not table.rows:
        table.fail("expected rows below the column names, found none")
    return table


def _content(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            fail_at(path, "", "expected a file, this is a directory")
        if not stat.S_ISREG(status.st_mode):
            fail_at(path, "", "expected an ordinary file")
        if status.st_size > MAX_BYTES:
            fail_at(
                path, "", f"expected at most {MAX_BYTES // 2**20} MiB, got {status.st_size / 2**20:.0f} MiB"
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        fail_at(path, "", "no such file")
    except OSError as error:
        fail_at(path, "", f"cannot be read: {error.strerror or type(error).__name__}")
    except ValueError as error:
        if isinstance(error, EvidenceError):
            raise
        fail_at(path, "", "expected a path without a NUL character")
    if not content.strip():
        fail_at(path, "", "expected a table, the file is empty")
    return content[:MAX_BYTES]


def _text(path: Path, content: bytes) -> str:
    for start, other in OTHER_FORMATS.items():
        if content.startswith(start):
            fail_at(path, "", f"expected UTF-8 text, this is {other}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The signature, if any, is not in the text that the decoder counts in.
        at = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, at) + 1
        fail_at(path, f"line {line}", f"expected UTF-8 text, byte {at} is 0x{content[at]:02x}")
    if "\0" in text:
        fail_at(
            path, f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}", "expected text, found a NUL byte"
        )
    if text.lstrip()[:1] == "<":
        fail_at(path, "", "expected a table, this looks like HTML or XML")
    return text


def _read_csv(path: Path, content: bytes) -> Table:
    text = _text(path, content)
    start = re.sub(r'"[^"]*"', "", text[:MAX_LINE_CHARACTERS].lstrip().split("\n", 1)[0])
    separator = next((character for character in start if character in CSV_SEPARATORS), ",")
    header: list[str] | None = None
    cells: list[list[str]] = []
    lines: list[int] = []
    for line, record in _csv_records(path, text, separator):
        if header is None:
            header = record
            continue
        if len(record) != len(header):
            fail_at(
                path, f"line {line}", f"expected {len(header)} fields as in the header, got {len(record)}"
            )
        cells.append(record)
        lines.append(line)
        check_size(path, len(cells), len(header))
    names = header or []
    check_names(path, names)
    columns = {name: [row[k] for row in cells] for k, name in enumerate(names) if name}
    return Table(path, columns, tuple(f"line {line}" for line in lines))


def _csv_records(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    line = 0
    lines = _bounded_lines(path, text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = max(reader.line_num, start)
            fail_at(path, f"line {line}", f"expected comma-separated values: {str(error)[:60]}")
        fields = [field.strip() for field in record]
        if any(fields):
            yield start, fields


def _bounded_lines(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if number > MAX_LINES:
            fail_at(path, "", f"expected at most {MAX_LINES} lines")
        if len(line) > MAX_LINE_CHARACTERS:
            fail_at(path, f"line {number}", f"expected at most {MAX_LINE_CHARACTERS} characters in a line")
        yield line


def _read_json(path: Path, content: bytes) -> Table:
    text = _text(path, content)

    def distinct_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
        check_size(path, 1, len(pairs))
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                fail_at(path, "", f"expected different keys in an object, {quoted(key)} is there twice")
            found[key] = value
        return found

    if text.count("[") + text.count("{") > MAX_NESTED:
        fail_at(path, "", f"expected at most {MAX_NESTED} arrays and objects")
    try:
        document = json.loads(text, object_pairs_hook=distinct_keys)
    except json.JSONDecodeError as error:
        fail_at(path, f"line {error.lineno}", f"expected JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        fail_at(path, "", "expected an array of row objects or an object of columns, this is nested too deep")
    except EvidenceError:
        raise
    except ValueError:
        fail_at(path, "", "expected JSON with numbers of a sensible length")
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


def _read_parquet(path: Path, content: bytes) -> Table:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        fail_at(path, "", "Parquet needs pyarrow: pip install 'marker-coupling[parquet]'")
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        names = list(file.schema_arrow.names)
        metadata = file.metadata
        unpacked = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
        check_size(path, metadata.num_rows, metadata.num_columns)
        if unpacked > MAX_PARQUET_BYTES_UNPACKED:
            fail_at(path, "", f"expected at most {MAX_PARQUET_BYTES_UNPACKED // 2**20} MiB when unpacked")
        check_names(path, names)
        contents = file.read()
        columns = {name: contents.column(k).to_pylist() for k, name in enumerate(names)}
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        if isinstance(error, EvidenceError):
            raise
        fail_at(path, "", f"expected a Parquet file: {str(error)[:60].strip()}")
    return _table(path, columns, contents.num_rows)


def _table(path: Path, columns: Mapping[str, Sequence[object]], length: int) -> Table:
    named = {name: values for name, values in columns.items() if name}
    return Table(path, named, tuple(f"row {k + 1}" for k in range(length)))
