"""Cells as names, numbers and counts: what each refuses, and that it says where."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.tables.cells import (
    count_column,
    float_column,
    name_column,
    refuse_constant,
    refuse_missing,
)
from marker_coupling.evidence.tables.table import Table
from marker_coupling.evidence.values.evidence import EvidenceError


def table_of(*cells: object) -> Table:
    return Table(Path("t.csv"), {"x": cells}, tuple(f"line {k + 2}" for k in range(len(cells))))


def error_of(read, *arguments) -> str:
    with pytest.raises(EvidenceError) as error:
        read(*arguments)
    assert str(error.value).isprintable()
    return str(error.value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("", "expected a name, got an empty cell"),
        (None, "expected a name, got an empty cell"),
        ("  ", "expected a name, got '  '"),
        (3, "expected a name, got 3"),
        (["b"], "expected a name, got an array"),
        ("a", "expected each name once, 'a' is also in line 2"),
        (" a ", "expected each name once, 'a' is also in line 2"),
        ("b\nc", "expected a printable name of at most 100 characters, got 'b\\nc'"),
        ("\x1b[31mred", "expected a printable name of at most 100 characters, got '\\x1b[31mred'"),
        ("\ud800", "expected a printable name of at most 100 characters, got '\\ud800'"),
        ("b" * 101, f"expected a printable name of at most 100 characters, got '{'b' * 40}'..."),
    ],
)
def test_what_is_no_name(cell, message):
    assert error_of(name_column, table_of("a", cell), "x") == f"t.csv: line 3, column 'x': {message}"


@pytest.mark.parametrize(
    ("cell", "got"),
    [
        ("", "an empty cell"),
        (None, "an empty cell"),
        ("nan", "'nan'"),
        (math.nan, "nan"),
        ("-inf", "'-inf'"),
        (math.inf, "inf"),
        ("1e999", "'1e999'"),
        (10**400, "a number of more than 40 digits"),
        (Decimal("NaN"), "Decimal('NaN')"),
        (Decimal("sNaN"), "Decimal('sNaN')"),
        ("n/a", "'n/a'"),
        ("1_0", "'1_0'"),
        # ARABIC-INDIC DIGIT FIVE, which Python takes for a number.
        ("\u0665", "'\u0665'"),
        ("0x1", "'0x1'"),
        ("1 2", "'1 2'"),
        ("0,41", "'0,41'; write the decimal separator as a point"),
        ("-,5", "'-,5'; write the decimal separator as a point"),
        ("41%", "'41%'; write a percentage as a share of 1"),
        (True, "True"),
        ([0.1], "an array"),
        ({"value": 0.1}, "an object"),
        ("z" * 10**6, f"'{'z' * 40}'..."),
        ("\x1b]0;\x07\n", "'\\x1b]0;\\x07\\n'"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_what_is_no_number(cell, got):
    place = "t.csv: line 3, column 'x'"
    expected = f"{place}: expected a finite number, got {got}"
    assert error_of(float_column, table_of(0.5, cell), "x", 0, 1, "a share") == expected
    assert error_of(count_column, table_of(1, cell), "x") == expected


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("0,123", "leave the comma out if it separates thousands, write a point if it separates decimals"),
        ("1,234.5", "leave out separators of thousands, and write the decimal separator as a point"),
        ("1.234,5", "leave out separators of thousands, and write the decimal separator as a point"),
        ("12 345", "leave out separators of thousands, and write the decimal separator as a point"),
    ],
)
def test_numbers_with_separators_are_told_how_to_be_written(cell, hint):
    message = error_of(float_column, table_of(0.5, cell), "x", 0, 1, "a share")
    assert message == f"t.csv: line 3, column 'x': expected a finite number, got '{cell}'; {hint}"


@pytest.mark.parametrize("separator", [*",.'\u2019 _", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"])
@given(
    groups=st.lists(st.integers(0, 999).map("{:03}".format), min_size=1, max_size=4),
    first=st.integers(1, 999),
)
def test_a_count_with_separators_of_thousands_is_never_read_as_another(separator, first, groups):
    """1.000 is 1 to some and 1000 to others: neither is taken, nor is either advised."""
    cell = separator.join([str(first), *groups])
    message = error_of(count_column, table_of(1, cell), "x")
    assert "expected a whole number, got " in message
    assert message.endswith("; write it in digits alone, without a separator of thousands")


@pytest.mark.parametrize("cell", ["100.0", "100.00", "1e3", "1000", 1000.0])
def test_counts_that_programs_wrote_as_floats_are_counts(cell):
    assert count_column(table_of(cell), "x").tolist() == [float(cell)]


@pytest.mark.parametrize(
    "other",
    ["Fine Cook", "FINE  COOK", "\N{LATIN SMALL LIGATURE FI}ne cook", " fine cook\N{NO-BREAK SPACE}"],
)
def test_names_that_are_the_same_to_a_reader_are_refused(other):
    expected = "t.csv: line 3, column 'x': expected each name once, 'fine cook' is also in line 2"
    assert error_of(name_column, table_of("fine cook", other), "x") == expected


@pytest.mark.parametrize("cell", ["-0.1", "1.1", 2, -1e300])
def test_what_is_out_of_range(cell):
    message = error_of(float_column, table_of(0.5, cell), "x", 0, 1, "a share", "; hint")
    above = "; hint" if float(cell) > 1 else ""
    assert message == f"t.csv: line 3, column 'x': expected a share from 0 to 1, got {cell!r}{above}"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("-1", "a whole number, at least 0"),
        ("1.5", "a whole number, at least 0"),
        (2.5, "a whole number, at least 0"),
        ("9" * 30, "a count that a study can have"),
        (10**30, "a count that a study can have"),
    ],
)
def test_what_is_no_count(cell, expected):
    message = error_of(count_column, table_of(1, cell), "x")
    assert message.startswith(f"t.csv: line 3, column 'x': expected {expected}, got ")


@given(st.floats(-1, 1))
def test_numbers_are_read_exactly(number):
    cells = (repr(number), f" {number:.17e} ", f"+{abs(number)!r}", number, Decimal(number))
    assert float_column(table_of(*cells), "x", -1, 1, "a cosine").tolist() == [
        number,
        number,
        abs(number),
        number,
        number,
    ]


@given(st.integers(0, 2**53))
def test_counts_are_read_exactly(count):
    assert count_column(table_of(str(count), count, f"{count}.0", float(count)), "x").tolist() == [count] * 4


def test_names_keep_their_order():
    assert name_column(table_of("b", " a ", "é"), "x") == ("b", "a", "é")


def test_a_missing_column_lists_a_few_others():
    table = Table(Path("t.csv"), {f"column {k} {'x' * 1000}": (1,) for k in range(300)}, ("line 2",))
    message = error_of(refuse_missing, table, "persona", " of names")
    assert message.startswith("t.csv: expected a column 'persona' of names, found 'column 0 xxx")
    assert message.endswith(", ...")
    assert len(message) < 400


def test_a_constant_column():
    values = float_column(table_of("0.5", 0.5), "x", 0, 1, "a share")
    message = error_of(refuse_constant, table_of("0.5", 0.5), "x", values)
    assert message == "t.csv: column 'x': expected values that differ, all 2 are '0.5'"
