"""Reading files of any content: a table, or one short line saying where it is none."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from guarded_files.messages import QUOTED_CHARACTERS
from marker_coupling.evidence.tables import table_file
from marker_coupling.evidence.tables.table import Table
from marker_coupling.evidence.tables.table_file import read_table
from marker_coupling.evidence.values.evidence import EvidenceError

from ....property_examples import examples


def error_of(path) -> str:
    with pytest.raises(EvidenceError) as error:
        read_table(path)
    message = str(error.value)
    assert path.name.encode("unicode_escape").decode()[:20] in message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300
    return message


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("signature", ["", "\ufeff"])
def test_csv_in_its_dialects(tmp_path, separator, line_end, signature):
    path = tmp_path / "t.csv"
    rows = [["persona", " x "], ['"a, b; c\td ""e"""', "1"], ["", ""], ["é", " -2.5 "]]
    text = signature + line_end.join(separator.join(row) for row in rows)
    path.write_bytes(text.encode())
    table = read_table(path)
    assert table.columns == {"persona": ['a, b; c\td "e"', "é"], "x": ["1", "-2.5"]}
    assert table.rows == ("line 2", "line 4")


def test_csv_rows_are_named_by_the_line_they_start_on(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('\nx,note\n1,"two\nlines"\n\n2,b\n')
    assert read_table(path).rows == ("line 3", "line 6")


def test_a_quoted_separator_in_the_first_name_does_not_separate(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"a;b",c\n1,2\n')
    assert read_table(path).columns == {"a;b": ["1"], "c": ["2"]}


def test_columns_without_a_name_are_left_out(tmp_path):
    """As pandas writes its index."""
    path = tmp_path / "t.csv"
    path.write_text(",persona,\n0,a,\n1,b,\n")
    assert read_table(path).columns == {"persona": ["a", "b"]}


def test_json_as_rows_and_as_columns(tmp_path):
    rows, columns = tmp_path / "rows.json", tmp_path / "columns.json"
    rows.write_text('[{"x": 1, "y": null}, {"x": 2.5, "z": "é"}]')
    columns.write_text('{"x": [1, 2.5], "y": [null, null], "z": [null, "é"]}', encoding="utf-8-sig")
    expected = {"x": [1, 2.5], "y": [None, None], "z": [None, "é"]}
    for path in (rows, columns):
        table = read_table(path)
        assert table.columns == expected
        assert table.rows == ("row 1", "row 2")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b" \r\n\n ", "the file is empty"),
        ("t.csv", b"a,b\n", "expected rows below the column names"),
        ("t.csv", b"a,b\n,\n\n", "expected rows below the column names"),
        ("t.csv", b"a,b\n1,2\n3\n", "line 3: expected 2 fields as in the header, got 1"),
        ("t.csv", b"a,b\n1,2,3\n", "line 2: expected 2 fields as in the header, got 3"),
        ("t.csv", b"a,b,a\n1,2,3\n", "column 'a': expected different column names"),
        ("t.csv", b'a,b\n1,"2\n3,4\n', "line 3: expected comma-separated values: unexpected end of data"),
        ("t.csv", b'a,b\n1,"2"3\n', "line 2: expected comma-separated values"),
        ("t.csv", "a,b\n1,2\né,4\n".encode("latin-1"), "line 3: expected UTF-8 text, byte 8 is 0xe9"),
        ("t.csv", b"\xef\xbb\xbfa,b\n1,\xff\n", "line 2: expected UTF-8 text, byte 9 is 0xff"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "this is UTF-16 text"),
        ("t.csv", b"a,b\n1,\x002\n", "line 2: expected text, found a NUL byte"),
        ("t.csv", b"\x89PNG\r\n\x1a\n\0\0", "this is a PNG image"),
        ("t.csv", b"PK\x03\x04...", "this is an Excel or zip file"),
        ("t.csv", b"%PDF-1.7", "this is a PDF document"),
        ("t.csv", b"PAR1...", "this is a Parquet file"),
        ("t.csv", b"\n<!DOCTYPE html>\n<p>no, table</p>", "this looks like HTML"),
        ("t.json", b"<html></html>", "this looks like HTML"),
        ("t.json", b"[]", "expected rows"),
        ("t.json", b"{}", "expected rows"),
        ("t.json", b'{"a": []}', "expected rows"),
        ("t.json", b'[{"a": 1},\n{"a": }]', "line 2: expected JSON: Expecting value at column 7"),
        ("t.json", b'[{"a": 1}', "line 1: expected JSON"),
        ("t.json", b"3", "an array of row objects or an object of columns, got 3"),
        ("t.json", b'"a"', "an array of row objects or an object of columns, got 'a'"),
        ("t.json", b"null", "an array of row objects or an object of columns, got nothing"),
        ("t.json", b"9" * 100, "got a number of more than 40 digits"),
        ("t.json", b"[" + b"9" * 5000 + b"]", "numbers of a sensible length"),
        ("t.json", b'[{"a": 1}, [2]]', "row 2: expected an object with a key per column, got an array"),
        ("t.json", b'[{"a": 1, "a": 2}]', "'a' is there twice"),
        ("t.json", b'{"rows": {"a": [1]}}', "key 'rows': expected an array of row objects"),
        ("t.json", b'{"a": [1, 2], "b": [1]}', "column 'b': expected 2 values as in column 'a', got 1"),
        ("t.json", b"[" * 100_000, "nested too deep"),
        ("t.parquet", b"a,b\n1,2\n", "expected a Parquet file"),
        ("t.parquet", b"PAR1" + bytes(100) + b"PAR1", "expected a Parquet file"),
        ("t.xlsx", b"PK\x03\x04", "expected a name ending in .csv, .tsv, .json or .parquet, got '.xlsx'"),
        ("t", b"a,b\n1,2\n", "expected a name ending in .csv, .tsv, .json or .parquet, got ''"),
    ],
)
def test_what_is_no_table(tmp_path, name, content, message):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_bytes(content)
    assert message in error_of(path)


def test_what_is_no_file(tmp_path):
    assert "no such file" in error_of(tmp_path / "absent.csv")
    file = tmp_path / "f.csv"
    file.write_text("a\n1\n")
    assert "expected a file that can be read: Not a directory" in error_of(file / "t.csv")
    assert "NUL" in error_of(tmp_path / "a\0b.csv")
    assert "expected a file that can be read" in error_of(tmp_path / ("a" * 300 + ".csv"))


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    # Not by chmod: the superuser may read everything.
    monkeypatch.setattr(os, "open", refuse)
    assert error_of(path).endswith("t.csv: expected a file that can be read: Permission denied")


def test_a_path_with_a_line_end_stays_on_one_line(tmp_path):
    path = tmp_path / "a\nb.csv"
    path.write_text("")
    assert "a\\nb.csv: expected a table" in error_of(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    assert "expected at most 16 MiB, got 100 MiB" in error_of(path)


SIZE = table_file.MAX_BYTES - 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"a" * SIZE, "characters in a line"),
        ("t.csv", b"a\n" * (SIZE // 2), "rows"),
        ("t.csv", b"\n" * SIZE + b"a", "lines"),
        ("t.csv", b"a," * (SIZE // 2), "characters in a line"),
        ("t.csv", b"a" + b"," * 4000 + (b"\n" + b"1" + b"," * 4000) * 1100, "cells"),
        ("t.json", b"[" + b"[]," * (SIZE // 3) + b"1]", "arrays and objects"),
        ("t.json", b"[" + b"{}," * 20_000 + b"{}]", "rows"),
        ("t.json", b"[{" + b",".join(b'"%d":1' % k for k in range(10**6)) + b"}]", "columns"),
        ("t.json", b"[" + b",".join(b'{"%d":1}' % k for k in range(4500)) + b"]", "cells"),
    ],
    ids=["line", "rows", "blank", "wide", "cells", "nested", "objects", "keys", "key per row"],
)
def test_nonsense_of_every_shape_is_cut_short(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    found = error_of(path)
    assert "expected at most" in found
    assert message in found


def table_or_message(path) -> Table | str:
    try:
        return read_table(path)
    except EvidenceError as error:
        return str(error)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
@given(content=st.binary(max_size=2**16) | st.text('[]{}":,\n\r;\t01.-eaé\0', max_size=60).map(str.encode))
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(content=b'{"a":[NaN,1e999]}')
@example(content=b'[{"\\ud800":1}]')
@example(content=b"PAR1\0\0\0\0PAR1")
@example(content=b'""\x01\t')
@example(content=b"\xef\xbb\xbf")
def test_any_bytes_are_a_table_or_an_evidence_error(tmp_path, suffix, content):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(content)
    found = table_or_message(path)
    if isinstance(found, str):
        assert found.startswith(f"{path}: ")
        assert found.isprintable()
    else:
        assert found.rows
        assert {len(column) for column in found.columns.values()} <= {len(found.rows)}


def test_quotes_little_of_much(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"a" * 10**6: "\n" * 10**6}))
    message = error_of(path)
    assert "a" * QUOTED_CHARACTERS in message
    assert "a" * (QUOTED_CHARACTERS + 1) not in message
