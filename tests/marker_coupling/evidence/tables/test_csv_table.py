"""CSV as spreadsheets write it: what stands above the column names, separators, ragged rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.tables.csv_table import csv_table
from marker_coupling.evidence.tables.evidence_table import TABLE_COLUMNS, read_evidence
from marker_coupling.evidence.values.evidence import EvidenceError

NAMES = "persona,cosine_to_assistant,marker_hits,marker_samples"
ROWS = ("a,0.1,1,10", "b,0.2,2,10", "c,0.3,3,10", "d,0.5,4,10")


def evidence(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_evidence(path)


def error_of(tmp_path, *lines) -> str:
    with pytest.raises(EvidenceError) as caught:
        evidence(tmp_path, "\n".join(lines))
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{tmp_path / 't.csv'}: ")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}", "SEP={}", '"sep={}"', "\n  \nsep={}\r"])
def test_a_line_that_says_the_separator_is_understood(tmp_path, separator, line):
    lines = [line.format(separator), *(row.replace(",", separator) for row in (NAMES, *ROWS))]
    found = evidence(tmp_path, "\n".join(lines))
    assert found.personas == ("a", "b", "c", "d")
    assert found.cosine_to_assistant.tolist() == [0.1, 0.2, 0.3, 0.5]


def test_lines_are_counted_from_the_line_that_says_the_separator(tmp_path):
    message = error_of(tmp_path, "sep=;", *(row.replace(",", ";") for row in (NAMES, *ROWS[:3], "d,x,4,10")))
    assert message.startswith("line 6, column 'cosine_to_assistant': expected a finite number, got 'x'")


@pytest.mark.parametrize(("line", "got"), [("sep=x", "'x'"), ("sep=", "''"), ("sep=\\", "'\\\\'")])
def test_a_separator_that_is_none(tmp_path, line, got):
    message = error_of(tmp_path, line, NAMES, *ROWS)
    assert message == f"line 1: expected a comma, semicolon, tab or bar after sep=, got {got}"


@pytest.mark.parametrize(
    ("above", "seen"),
    [
        (("My results",), "'My results'"),
        (("My results,,,",), "'My results'"),
        (("# made by me",), "'# made by me'"),
        (("", '"Results; of March"', ""), "'Results; of March'"),
        (("Table 1", "of the paper", "2024"), "'Table 1'"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_stands_above_the_column_names_is_refused_with_both_lines(tmp_path, above, seen, separator):
    table = (row.replace(",", separator) for row in (NAMES, *ROWS))
    first = 1 + next(number for number, line in enumerate(above) if line)
    expected = f"line {first}: expected the column names, 'persona' among them, got {seen}"
    assert error_of(tmp_path, *above, *table) == f"{expected}: leave out what is above line {len(above) + 1}"


def test_a_comment_above_no_names(tmp_path):
    message = error_of(tmp_path, "# made by me", "a,0.1", "b,0.2")
    assert (
        message == "line 1: expected the column names, 'persona' among them, got the comment '# made by me'"
    )


def test_names_that_nothing_separates(tmp_path):
    message = error_of(tmp_path, NAMES.replace(",", "|"), *(row.replace(",", "|") for row in ROWS))
    assert "'persona' among them and separated by commas, tabs or semicolons, got 'persona|cosine" in message


def test_a_name_in_another_spelling_is_no_title(tmp_path):
    assert error_of(tmp_path, NAMES.replace("persona", "Persona"), *ROWS) == (
        "column 'Persona': unknown column, did you mean 'persona'?"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "e,0.6,5,1,000",
            "line 6: expected 4 fields as in the header, got 5 from 'e' on; quote a name that holds the separator, and write numbers without",
        ),
        ("# and that is all", "got 1 from '# and that is all' on; leave comments out"),
        ("Source: me", "got 1 from 'Source: me' on"),
        (",,,,", None),
        ("e,0.6,5", "expected 4 fields as in the header, got 3 from 'e' on"),
    ],
)
def test_rows_of_another_length_are_quoted(tmp_path, row, message):
    if message is None:
        assert evidence(tmp_path, "\n".join((NAMES, *ROWS, row))).personas == ("a", "b", "c", "d")
    else:
        assert message in error_of(tmp_path, NAMES, *ROWS, row)


@pytest.mark.parametrize("samples", ['"1,000"', "1.000", "1 000", "1'000"])
def test_counts_in_thousands_are_told_to_leave_out_the_separator(tmp_path, samples):
    message = error_of(tmp_path, NAMES, *(row.replace(",10", f",{samples}") for row in ROWS))
    assert message.startswith("line 2, column 'marker_samples': expected a whole number, got ")
    assert message.endswith("; write it in digits alone, without a separator of thousands")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04\x14\0", "an Excel or zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"),
    ],
)
def test_a_workbook_that_was_only_renamed(tmp_path, content, name):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(EvidenceError, match=f"expected UTF-8 text, this is {name}$"):
        read_evidence(tmp_path / "t.csv")


def test_the_assistant_is_no_row_in_any_spelling(tmp_path):
    message = error_of(tmp_path, NAMES, *ROWS, "Assistant,0.9,1,10")
    assert message.startswith("line 6, column 'persona': expected source personas only")


CELLS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("\",;\t '\n"), max_size=6).map(
    str.strip
)


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=2, max_size=5)
    )
)
def test_what_python_writes_is_read(rows):
    """Cells may hold anything; names are there once each."""
    names = [f"name {k}" for k in range(len(rows[0]))]
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in (names, *rows))
    filled = [row for row in rows if any(row)]
    table = csv_table(Path("t.csv"), text)
    assert {name: list(cells) for name, cells in table.columns.items()} == {
        name: [row[k] for row in filled] for k, name in enumerate(names)
    }


@given(st.text(st.sampled_from("persona,;\t|\"'#=sep\r\n 01.é"), max_size=80))
def test_any_text_is_a_table_or_an_evidence_error(text):
    refusal = "t.csv: "
    try:
        csv_table(Path("t.csv"), text, TABLE_COLUMNS)
    except EvidenceError as error:
        refusal = str(error)
    assert refusal.startswith("t.csv: ")
    assert refusal.isprintable()
