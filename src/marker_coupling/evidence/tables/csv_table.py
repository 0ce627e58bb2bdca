"""CSV text as a table, in the dialects of spreadsheets; lines above the column names are refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from guarded_files import quoted
from guarded_files.normal_form import normal_form
from marker_coupling.evidence.tables.table import (
    MAX_ROWS,
    KnownColumns,
    Table,
    check_names,
    check_size,
    fail_at,
)

#: Blank lines and cells of several lines included.
MAX_LINES = 10 * MAX_ROWS
#: A header of some thousand columns fits; a file without line ends does not.
MAX_LINE_CHARACTERS = 2**20
SEPARATORS = ",\t;"
#: The first line that states the separator for Excel, and the separators that it may state.
SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>.?)"?', re.IGNORECASE)
STATED_SEPARATORS = ",\t;|"
#: Lines searched for the column names, to name their line in the error.
SEARCHED_LINES = 50


def csv_table(path: Path, text: str, known: KnownColumns | None = None) -> Table:
    """Return the table that a text holds.

    The first line that is not blank has the column names, which are separated by comma, tab or semicolon,
    whichever comes first, or the one that a line ``sep=;`` above states. Columns without a name are left out.

    Parameters
    ----------
    path : for messages
    text : of the file
    known : tells column names from a title above them

    Raises
    ------
    EvidenceError
        The text is not such a table.
    """
    lines = _bounded_lines(path, text)
    first_number, first = next(((n, line) for n, line in lines if line.strip()), (0, ""))
    stated = SEPARATOR_LINE.fullmatch(first.strip("\r\n "))
    if stated is None:
        separator = _first_separator(first)
        skipped = first_number - 1
    else:
        separator = stated["separator"]
        if not separator or separator not in STATED_SEPARATORS:
            expected = "expected a comma, semicolon, tab or bar after sep="
            fail_at(path, f"line {first_number}", f"{expected}, got {quoted(separator)}")
        skipped = first_number
    header: list[str] | None = None
    cells: list[list[str]] = []
    rows: list[str] = []
    for line, record in _records(path, text, separator, skipped):
        if header is None:
            header = record
            check_size(path, 1, len(header))
            if known is not None:
                _refuse_other_than_names(path, text, line, header, known)
            continue
        if len(record) != len(header):
            _refuse_ragged(path, line, record, len(header))
        cells.append(record)
        rows.append(f"line {line}")
        check_size(path, len(cells), len(header))
    names = header or []
    check_names(path, names)
    columns = {name: [row[k] for row in cells] for k, name in enumerate(names) if name}
    return Table(path, columns, tuple(rows))


def _first_separator(line: str) -> str:
    unquoted = re.sub(r'"[^"]*"?', "", line)
    return next((character for character in unquoted if character in SEPARATORS), ",")


def _records(path: Path, text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield records that are not blank, each with the number of the line that it begins on."""
    lines = (line for number, line in _bounded_lines(path, text) if number > skipped)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        start = skipped + reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = max(skipped + reader.line_num, start)
            fail_at(path, f"line {line}", f"expected comma-separated values: {str(error)[:60]}")
        fields = [field.strip() for field in record]
        if any(fields):
            yield start, fields


def _bounded_lines(path: Path, text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if number > MAX_LINES:
            fail_at(path, "", f"expected at most {MAX_LINES} lines")
        if len(line) > MAX_LINE_CHARACTERS:
            fail_at(path, f"line {number}", f"expected at most {MAX_LINE_CHARACTERS} characters in a line")
        yield number, line


def _refuse_other_than_names(
    path: Path, text: str, line: int, header: list[str], known: KnownColumns
) -> None:
    """Refuse a title or a comment in place of the column names, and name their line."""
    if normal_form(known.key) in map(normal_form, header):
        return
    title = next(field for field in header if field)
    position, expected = f"line {line}", f"expected the column names, {quoted(known.key)} among them"
    for number, later in _bounded_lines(path, text):
        if number > line + SEARCHED_LINES:
            break
        if number > line and _has_name(later, known.key):
            fail_at(path, position, f"{expected}, got {quoted(title)}: leave out what is above line {number}")
    if title.startswith(("#", "//")):
        fail_at(path, position, f"{expected}, got the comment {quoted(title)}")
    if len(header) == 1:
        separated = "separated by commas, tabs or semicolons"
        fail_at(path, position, f"{expected} and {separated}, got {quoted(title)}")


def _has_name(line: str, name: str) -> bool:
    for separator in STATED_SEPARATORS:
        try:
            fields = next(csv.reader([line], delimiter=separator), [])
        except csv.Error:
            continue
        if normal_form(name) in (normal_form(field) for field in fields if len(field) < 2 * len(name)):
            return True
    return False


def _refuse_ragged(path: Path, line: int, record: list[str], width: int) -> None:
    first = next(field for field in record if field)
    hint = ""
    if len(record) > width:
        hint = "; quote a name that holds the separator, and write numbers without separators of thousands"
    elif first.startswith("#"):
        hint = "; leave comments out"
    got = f"got {len(record)} from {quoted(first)} on"
    fail_at(path, f"line {line}", f"expected {width} fields as in the header, {got}{hint}")
