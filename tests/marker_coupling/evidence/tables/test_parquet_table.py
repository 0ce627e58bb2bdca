"""Parquet: which columns are read, which types they may have, and that what it unpacks to is limited."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.tables.evidence_table import read_evidence
from marker_coupling.evidence.tables.parquet_reader import Refused, read_columns
from marker_coupling.evidence.tables.table_file import read_table
from marker_coupling.evidence.values.evidence import EvidenceError

from ....property_examples import examples

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ALL = {"names": None, "prefixes": [], "rows": 100, "columns": 10, "cells": 500}
PERSONAS = ["a", "b", "c", "d"]
COSINES = [0.5, 0.25, -0.5, 0.0]


def content_of(table, **options) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def error_of(tmp_path):
    def error(content, read=read_table) -> str:
        path = tmp_path / "t.parquet"
        path.write_bytes(content)
        with pytest.raises(EvidenceError) as caught:
            read(path)
        assert str(caught.value).isprintable()
        return str(caught.value).removeprefix(f"{path}: ")

    return error


def test_it_is_read_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "t.PARQUET"
    parquet.write_table(pa.table({"x": [1, None], "y": ["a", "é"], "": [0, 0]}), path, compression="zstd")
    table = read_table(path)
    assert table.columns == {"x": [1, None], "y": ["a", "é"]}
    assert table.rows == ("row 1", "row 2")


def test_a_column_of_no_use_may_hold_anything(tmp_path):
    path = tmp_path / "t.parquet"
    other = {
        "when": pa.array([1, 2, 3, 2**62], pa.timestamp("ns", "Mars/Olympus_Mons")),
        "pairs": pa.array([[("k", 1)]] * 4, pa.map_(pa.string(), pa.int64())),
        "nested": [{"a": [1]}] * 4,
        "bytes": [b"\xff" * 10**6] * 4,
        "nothing": pa.nulls(4),
    }
    parquet.write_table(pa.table({"persona": PERSONAS, "cosine_to_assistant": COSINES, **other}), path)
    assert read_evidence(path).cosine_to_assistant.tolist() == COSINES
    misspelt = pa.table({"persona": PERSONAS, "cosine_to_asistant": COSINES})
    parquet.write_table(misspelt, path)
    with pytest.raises(EvidenceError, match="column 'cosine_to_asistant': unknown column, did you mean"):
        read_evidence(path)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(PERSONAS, pa.large_string()), pa.array(PERSONAS, pa.string_view()),
        pa.array(PERSONAS).dictionary_encode(), pa.array([b"a", b"b", b"c", b"d"]),
        pa.array([b"a", b"b", b"c", b"d"], pa.large_binary()),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), pa.array([b"a", b"b", b"c", b"d"])),
    ],
    ids=lambda column: str(column.type)[:20],
)  # fmt: skip
def test_text_of_every_type(column):
    for options in ({}, {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}):
        if options and not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
            continue
        assert read_columns(content_of(pa.table({"x": column}), **options), ALL)["columns"] == {"x": PERSONAS}


@pytest.mark.parametrize(
    "kind",
    [pa.float16(), pa.float32(), pa.float64(), pa.decimal128(20, 4), pa.decimal256(50, 4)],
    ids=str,
)
def test_numbers_of_every_type(kind):
    numbers = pa.array([*COSINES, None], pa.float64()).cast(kind)
    found = read_columns(content_of(pa.table({"x": numbers})), ALL)
    assert json.loads(json.dumps(found))["columns"] == {"x": [*COSINES, None]}


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.int32(), pa.bool_()], ids=str)
def test_whole_numbers_of_every_type(kind):
    found = read_columns(content_of(pa.table({"x": pa.array([1, 0, None], pa.int64()).cast(kind)})), ALL)
    assert found["columns"] == {"x": [1, 0, None]}


@pytest.mark.parametrize(
    "column",
    [[[1]], [{"a": 1}], pa.array([1], pa.timestamp("ns")), pa.array([1], pa.duration("s")), pa.array([1], pa.date32())],
    ids=str,
)  # fmt: skip
def test_a_column_that_is_wanted_and_is_neither(column):
    with pytest.raises(Refused) as caught:
        read_columns(content_of(pa.table({"x": column})), ALL)
    place, expected = caught.value.args
    assert (place, expected[:34]) == ("column 'x'", "expected numbers or text, this is ")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"x": list(range(101))}, ("", "expected at most 100 rows")),
        ({str(k): [1] for k in range(11)}, ("", "expected at most 10 columns")),
        ({str(k): [1] * 100 for k in range(6)}, ("", "expected at most 500 cells")),
        ({"x": ["a", "b" * 1001]}, ("column 'x'", "expected texts of at most 1000 bytes, got 1001")),
    ],
)
def test_too_much(table, expected):
    with pytest.raises(Refused) as caught:
        read_columns(content_of(pa.table(table)), ALL)
    assert caught.value.args == expected


def test_a_name_that_is_there_twice(error_of):
    content = content_of(pa.table([[1], [2]], names=["x", "x"]))
    assert error_of(content).startswith("column 'x': expected different column names")


def test_what_unpacks_to_more_than_memory_ends_its_own_process_alone(error_of):
    """Two hundred rows of one text of 20 MB, in some kilobytes."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), pa.array(["x" * 20_000_000]))
    options = {"compression": "zstd", "dictionary_pagesize_limit": 2**28, "store_schema": False}
    content = content_of(pa.table({"persona": text}), **options)
    assert len(content) < 10_000
    assert error_of(content, read_evidence).startswith("expected a table that is read in 512 MiB")


def test_without_pyarrow_the_extra_is_named(error_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'marker-coupling[parquet]'" in error_of(b"PAR1")


@pytest.mark.parametrize("kept", [4, 100, -1, -5])
def test_cut_off(error_of, kept):
    assert "expected a Parquet file" in error_of(content_of(pa.table({"x": list(range(100))}))[:kept])


@given(position=st.integers(0, 10_000), value=st.integers(0, 255))
@examples(40)
def test_damaged_content_is_refused_in_a_way_that_the_reader_knows(position, value):
    content = bytearray(content_of(pa.table({"x": list(range(50)), "y": ["a"] * 50})))
    content[position % len(content)] = value
    try:
        found = read_columns(bytes(content), ALL)
    except (Refused, MemoryError, pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError):
        return
    assert {len(cells) for cells in found["columns"].values()} <= {found["rows"]}
