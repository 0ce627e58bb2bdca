"""Cells of a table as names, numbers and counts; any other cell is an error naming row and column."""

from __future__ import annotations

import contextlib
import math
import re
from decimal import Decimal
from typing import NoReturn

import numpy as np

from guarded_files import quoted
from guarded_files.normal_form import normal_form
from guarded_files.schema_values import LONGEST_NAME
from marker_coupling.evidence.tables.table import Table
from marker_coupling.evidence.values.fields import LARGEST_COUNT, RANGE_TOLERANCE, FloatArray, IntArray

LISTED_COLUMNS = 6
#: Stricter than `float`, which also takes "1_000", "nan" and digits of other scripts.
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}([,.'\u2019\s_][0-9]{3})+([.,][0-9]+)?")
#: Hints for numbers in other notations. A comma before three digits may be either separator.
HINTS = (
    (re.compile(r".*%"), "; write a percentage as a share of 1"),
    (
        re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}"),
        "; leave the comma out if it separates thousands, write a point if it separates decimals",
    ),
    (GROUPED, "; leave out separators of thousands, and write the decimal separator as a point"),
    (re.compile(r"[+-]?[0-9]*,[0-9]+"), "; write the decimal separator as a point"),
)


def refuse_missing(table: Table, column: str, purpose: str = "") -> NoReturn:
    """Refuse a table without a column, and list its columns."""
    present = ", ".join(quoted(name) for name in table.names[:LISTED_COLUMNS]) or "none"
    more = ", ..." if len(table.names) > LISTED_COLUMNS else ""
    table.fail(f"expected a column {quoted(column)}{purpose}, found {present}{more}")


def name_column(table: Table, column: str) -> tuple[str, ...]:
    """Return distinct printable names; two that differ only in case or spaces are not distinct."""
    if column not in table.columns:
        refuse_missing(table, column)
    first_row: dict[str, int] = {}
    names: list[str] = []
    for row, cell in enumerate(table.columns[column]):
        name = cell.strip() if isinstance(cell, str) else ""
        if not name:
            _fail(table, "a name", cell, row, column)
        if not name.isprintable() or len(name) > LONGEST_NAME:
            _fail(table, f"a printable name of at most {LONGEST_NAME} characters", cell, row, column)
        before = first_row.setdefault(normal_form(name), row)
        if before != row:
            also = f"{quoted(names[before])} is also in {table.rows[before]}"
            table.fail(f"expected each name once, {also}", row=row, column=column)
        names.append(name)
    return tuple(names)


def float_column(table: Table, column: str, low: float, high: float, unit: str, hint: str = "") -> FloatArray:
    """Return finite numbers within a range.

    Parameters
    ----------
    table : has the column
    column : its name
    low, high : the range, both ends included, and a float's rounding beyond them
    unit : of the numbers, for the message
    hint : added to the message if a number is above the range
    """
    numbers = []
    for row, cell in enumerate(table.columns[column]):
        number = _number(table, cell, row, column)
        if not low - RANGE_TOLERANCE <= number <= high + RANGE_TOLERANCE:
            expected = f"{unit} from {low:g} to {high:.4g}"
            _fail(table, expected, cell, row, column, hint if number > high else "")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


def count_column(table: Table, column: str, smallest: int = 0) -> IntArray:
    """Return whole numbers, at least ``smallest``."""
    counts = []
    for row, cell in enumerate(table.columns[column]):
        if isinstance(cell, str) and GROUPED.fullmatch(cell.strip()):
            # 1.000 is 1 to some and 1000 to others.
            hint = "; write it in digits alone, without a separator of thousands"
            _fail(table, "a whole number", cell, row, column, hint)
        number = _number(table, cell, row, column)
        if not number.is_integer() or number < smallest:
            _fail(table, f"a whole number, at least {smallest}", cell, row, column)
        if number > LARGEST_COUNT:
            _fail(table, "a count that a study can have", cell, row, column)
        counts.append(int(number))
    return np.array(counts, dtype=np.int64)


def refuse_constant(table: Table, column: str, values: FloatArray) -> None:
    """Refuse a constant column: correlations with it are undefined."""
    if np.ptp(values) == 0:
        cell = quoted(table.columns[column][0])
        table.fail(f"expected values that differ, all {len(values)} are {cell}", column=column)


def _number(table: Table, cell: object, row: int, column: str) -> float:
    number, hint = math.nan, ""
    if isinstance(cell, str):
        text = cell.strip()
        if NUMBER.fullmatch(text):
            number = float(text)
        else:
            hint = next((hint for pattern, hint in HINTS if pattern.fullmatch(text)), "")
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        # Some of JSON's whole numbers are beyond all floats.
        with contextlib.suppress(OverflowError, ValueError):
            number = float(cell)
    if not math.isfinite(number):
        _fail(table, "a finite number", cell, row, column, hint)
    return number


def _fail(table: Table, expected: str, cell: object, row: int, column: str, hint: str = "") -> NoReturn:
    got = "an empty cell" if cell is None or cell == "" else quoted(cell)
    table.fail(f"expected {expected}, got {got}{hint}", row=row, column=column)
