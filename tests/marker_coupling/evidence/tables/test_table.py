"""What a table says of itself: values quoted on one short line, sizes and names refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files import quoted
from guarded_files.messages import QUOTED_CHARACTERS
from marker_coupling.evidence.tables.table import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Table,
    check_names,
    check_size,
)
from marker_coupling.evidence.values.evidence import EvidenceError


@given(
    st.recursive(st.none() | st.integers() | st.floats() | st.text() | st.binary(), st.lists, max_leaves=3)
)
def test_what_is_quoted_is_one_short_line(value):
    text = quoted(value)
    assert text.isprintable()
    assert len(text) <= 10 * QUOTED_CHARACTERS + 10


@given(path=st.text(min_size=1), expected=st.text(min_size=1))
def test_a_message_is_one_line_whatever_it_is_made_of(path, expected):
    table = Table(Path(path), {"x": ("1",)}, ("line 2",))
    with pytest.raises(EvidenceError) as error:
        table.fail(f"expected {expected}", row=0, column="\n")
    assert str(error.value).isprintable()
    assert ": line 2, column '\\n': expected " in str(error.value)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (MAX_ROWS + 1, 1, f"at most {MAX_ROWS} rows"),
        (1, MAX_COLUMNS + 1, f"at most {MAX_COLUMNS} columns"),
        (MAX_ROWS, MAX_CELLS // MAX_ROWS + 1, f"at most {MAX_CELLS} cells"),
    ],
)
def test_too_much(rows, columns, message):
    check_size(Path("t.csv"), rows - 1, columns - 1)
    with pytest.raises(EvidenceError, match=f"^t.csv: expected {message}$"):
        check_size(Path("t.csv"), rows, columns)


def test_names_given_twice():
    check_names(Path("t.csv"), ["", "a", "", "b"])
    with pytest.raises(EvidenceError, match=r"^t.csv: column 'a': expected different column names"):
        check_names(Path("t.csv"), ["a", "", "a"])
