"""Messages: one line, whatever is quoted in them, and short."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files import one_line, quoted, refusal
from guarded_files.messages import QUOTED_CHARACTERS

HOSTILE = st.text() | st.text("\n\r\t\x1b\u202e\ud800'\"\\é ")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=6,
)


@given(HOSTILE)
def test_a_line_is_printable_and_what_was_printable_stays(text):
    line = one_line(text)
    assert line.isprintable()
    assert one_line(line) == line
    if text.isprintable():
        assert line == text


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a\\nb"), ("\x1b[2J", "\\x1b[2J"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800")],
)
def test_what_is_not_printable_is_escaped_as_python_writes_it(text, line):
    assert one_line(text) == line


@given(HOSTILE, HOSTILE, HOSTILE)
def test_a_refusal_has_file_place_and_expectation(path, place, expected):
    error = refusal(ValueError, path, place, expected)
    assert type(error) is ValueError
    assert str(error) == ": ".join(one_line(part) for part in (path, place, expected) if part)


def test_without_a_place_there_is_no_gap():
    assert (
        str(refusal(ValueError, Path("a/b.toml"), "", "expected TOML"))
        == str(Path("a/b.toml")) + ": expected TOML"
    )


@given(VALUES)
def test_any_value_is_quoted_within_bounds(value):
    assert len(quoted(value)) <= 4 * QUOTED_CHARACTERS + len("...")


@given(st.integers(-(10**300), 10**300))
def test_whole_numbers_are_written_out_while_they_are_short(value):
    assert quoted(value) == (str(value) if abs(value) < 10**40 else "a number of more than 40 digits")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"), (True, "True"), ("", "''"), ("x" * 41, f"'{'x' * 40}'..."), (b"\xff" * 41, repr(b"\xff" * 40) + "..."),
        ({"a": 1}, "an object"), ([1], "an array"), ((), "an array"), (0.5, "0.5"), (10**5000, "a number of more than 40 digits"),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) else "number",
)  # fmt: skip
def test_how_values_are_quoted(value, text):
    assert quoted(value) == text
