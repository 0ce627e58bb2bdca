"""A user's own table: every way to get it wrong is one line that says where, and what is right survives a round trip."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from marker_coupling.evidence.tables.evidence_table import evidence_name, read_evidence
from marker_coupling.evidence.values.evidence import EvidenceError

COLUMNS = ("persona", "cosine_to_assistant", "js_to_assistant", "marker_hits", "marker_samples")
ROWS = [
    dict(zip(COLUMNS, cells, strict=True))
    for cells in (
        ("villain", -0.5, 0.04, 6, 10),
        ("librarian", 0.1, 0.03, 3, 10),
        ("chef", 0.2, 0.02, 2, 10),
        ("poet", 0.3, 0.01, 1, 20),
    )
]
PERSONAS = tuple(row["persona"] for row in ROWS)


def with_cell(column: str, value: object, row: int = 2) -> list[dict]:
    return [{**cells, column: value} if k == row else dict(cells) for k, cells in enumerate(ROWS)]


def with_columns(**columns) -> list[dict]:
    """``None`` removes a column, a list replaces or adds one."""
    rows = [dict(cells) for cells in ROWS]
    for name, values in columns.items():
        for k, cells in enumerate(rows):
            cells.pop(name, None)
            if values is not None:
                cells[name] = values[k]
    return rows


def csv_file(tmp_path, rows, name="t.csv"):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def json_file(tmp_path, rows):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(rows))
    return path


def parquet_file(tmp_path, rows):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "t.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def error_of(path) -> str:
    with pytest.raises(EvidenceError) as error:
        read_evidence(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert len(message) < len(str(path)) + 400
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("write", [csv_file, json_file, parquet_file])
def test_the_same_table_in_every_format(tmp_path, write):
    found = read_evidence(write(tmp_path, ROWS))
    assert found.name == "t"
    assert found.personas == PERSONAS
    assert found.cosine_to_assistant.tolist() == [-0.5, 0.1, 0.2, 0.3]
    assert found.js_to_assistant.tolist() == [0.04, 0.03, 0.02, 0.01]
    assert found.marker_hits.tolist() == [6, 3, 2, 1]
    assert found.marker_samples.tolist() == [10, 10, 10, 20]
    assert found.leakage is None
    assert found.sha256 == read_evidence(csv_file(tmp_path, ROWS)).sha256


@pytest.mark.parametrize(
    ("columns", "measures"),
    [
        ({"js_to_assistant": None}, {"cosine_to_assistant", "source_rate"}),
        ({"cosine_to_assistant": None}, {"js_to_assistant", "source_rate"}),
        (
            {"marker_hits": None, "marker_samples": None},
            {"cosine_to_assistant", "js_to_assistant", "distances"},
        ),
        ({"cosine_to_assistant": None, "js_to_assistant": None}, {"source_rate"}),
        (
            {"hits_under_assistant": [1, 2, 3, 4]},
            {"cosine_to_assistant", "js_to_assistant", "distances", "source_rate", "leak_to_assistant"},
        ),
        (
            {
                "cosine_to_assistant": None,
                "js_to_assistant": None,
                "marker_hits": None,
                "hits_under_assistant": [1, 2, 3, 4],
            },
            {"leak_to_assistant"},
        ),
    ],
)
def test_a_measure_is_there_if_its_columns_are(tmp_path, columns, measures):
    found = read_evidence(csv_file(tmp_path, with_columns(**columns)))
    assert found.measures == measures | {f"persona:{persona}" for persona in PERSONAS}


def test_rates_become_counts(tmp_path):
    rates = with_columns(marker_hits=None, source_rate=["0.6", "0.30", "2e-1", "0.05"])
    found = read_evidence(csv_file(tmp_path, rates))
    assert found.marker_hits.tolist() == [6, 3, 2, 1]
    assert found.sha256 == read_evidence(csv_file(tmp_path, ROWS)).sha256


def test_rates_rounded_to_three_digits_become_counts(tmp_path):
    rates = with_columns(marker_hits=None, marker_samples=[60] * 4, source_rate=[0.333, 0.667, 0.017, 1])
    assert read_evidence(csv_file(tmp_path, rates)).marker_hits.tolist() == [20, 40, 1, 60]


def test_rates_of_a_narrow_float_become_counts(tmp_path):
    pytest.importorskip("pyarrow")
    rates = with_columns(marker_hits=None, source_rate=[float(np.float32(k / 10)) for k in (6, 3, 2, 1)])
    assert read_evidence(parquet_file(tmp_path, rates)).marker_hits.tolist() == [6, 3, 2, 2]


def matrix_columns(**changes):
    hits = {
        "villain": [6, 0, 0, 1],
        "librarian": [1, 3, 0, 0],
        "chef": [1, 0, 2, 1],
        "poet": [0, 1, 0, 1],
        "assistant": [2, 3, 0, 1],
    }
    return {f"hits_under_{prompt}": column for prompt, column in hits.items()} | changes


def test_the_leakage_matrix(tmp_path):
    columns = matrix_columns(samples_under_assistant=[5, 5, 5, 4])
    found = read_evidence(csv_file(tmp_path, with_columns(**columns))).leakage
    assert found.sources == PERSONAS
    assert found.prompts == (*PERSONAS, "assistant")
    assert found.hits[0].tolist() == [6, 1, 1, 0, 2]
    assert found.samples[3].tolist() == [20, 20, 20, 20, 4]
    assert found.leak_to("assistant").tolist() == [0.4, 0.6, 0, 0.25]


def test_the_leakage_matrix_without_the_assistant_tells_source_rates(tmp_path):
    columns = matrix_columns(hits_under_assistant=None, marker_hits=None)
    found = read_evidence(csv_file(tmp_path, with_columns(**columns)))
    assert found.marker_hits.tolist() == [6, 3, 2, 1]
    assert {"leakage", "source_rate"} <= found.measures
    assert "leak_to_assistant" not in found.measures


def test_other_columns_are_ignored(tmp_path):
    columns = {
        "cosine_to_assistant_sd": [1] * 4,
        "personality": ["x"] * 4,
        "samples": [""] * 4,
        "layer": [11] * 4,
    }
    found = read_evidence(csv_file(tmp_path, with_columns(**columns)))
    assert found.sha256 == read_evidence(csv_file(tmp_path, ROWS)).sha256


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("persona", "villain", "expected each name once, 'villain' is also in line 2"),
        ("persona", "assistant", "expected source personas only, distances are taken to 'assistant'"),
        ("cosine_to_assistant", "1.01", "expected a cosine from -1 to 1, got '1.01'"),
        ("cosine_to_assistant", "-2", "expected a cosine from -1 to 1, got '-2'"),
        ("js_to_assistant", "", "expected a finite number, got an empty cell"),
        ("js_to_assistant", "-0.01", "expected a divergence in nats from 0 to 0.6931, got '-0.01'"),
        ("js_to_assistant", "0.9", "from 0 to 0.6931, got '0.9'; multiply bits by 0.6931 to get nats"),
        ("marker_hits", "1.5", "expected a whole number, at least 0, got '1.5'"),
        ("marker_hits", "11", "expected at most the 10 samples, got 11"),
        ("marker_samples", "0", "expected a whole number, at least 1, got '0'"),
    ],
)
def test_wrong_cells(tmp_path, column, value, message):
    found = error_of(csv_file(tmp_path, with_cell(column, value)))
    assert found.startswith(f"line 4, column '{column}': ")
    assert message in found


def test_wrong_cells_in_json(tmp_path):
    found = error_of(json_file(tmp_path, with_cell("js_to_assistant", {"nats": 0.1})))
    assert found == "row 3, column 'js_to_assistant': expected a finite number, got an object"


def test_a_key_missing_in_one_object_is_an_empty_cell(tmp_path):
    rows = with_cell("marker_hits", 0)
    del rows[1]["marker_hits"]
    assert error_of(json_file(tmp_path, rows)).startswith(
        "row 2, column 'marker_hits': expected a finite number"
    )


def test_wrong_cells_in_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    found = error_of(parquet_file(tmp_path, with_cell("cosine_to_assistant", None)))
    assert found.startswith(
        "row 3, column 'cosine_to_assistant': expected a finite number, got an empty cell"
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"persona": None}, "expected a column 'persona', found 'cosine_to_assistant', "),
        ({"persona": None, "Persona": PERSONAS}, "column 'Persona': unknown column, did you mean 'persona'?"),
        (
            {"persona": None, "personas": PERSONAS},
            "column 'personas': unknown column, did you mean 'persona'?",
        ),
        (
            {"cosine_to_assistant": None, "cos_to_assistant": [1] * 4},
            "column 'cos_to_assistant': unknown column, did you mean 'cosine_to_assistant'?",
        ),
        (
            {"js_to_assistant": None, "JS to assistant": [1] * 4},
            "column 'JS to assistant': unknown column, did you mean 'js_to_assistant'?",
        ),
        ({"marker_samples": None}, "expected a column 'marker_samples' beside 'marker_hits'"),
        ({"marker_samples": None, "marker_sample": [1] * 4}, "did you mean 'marker_samples'?"),
        ({"marker_hits": None}, "expected a column 'marker_hits' or 'source_rate' beside 'marker_samples'"),
        (
            {"marker_hits": None, "marker_samples": None, "source_rate": [0.1, 0.2, 0.3, 0.4]},
            "expected a column 'marker_samples' beside 'source_rate'",
        ),
        (
            dict.fromkeys(("cosine_to_assistant", "js_to_assistant", "marker_hits", "marker_samples")),
            "expected at least one measure",
        ),
        (
            {"cosine_to_assistant": [0.5] * 4},
            "column 'cosine_to_assistant': expected values that differ, all 4 are '0.5'",
        ),
        ({"js_to_assistant": [0] * 4}, "column 'js_to_assistant': expected values that differ"),
        ({"marker_hits": [1, 1, 1, 2]}, "expected source rates that differ, all 4 are 0.1"),
        (
            {"marker_hits": None, "source_rate": [0.1] * 4},
            "expected source rates that differ, all 4 are 0.1",
        ),
        (
            {"marker_hits": None, "source_rate": [60, 30, 20, 5]},
            "line 2, column 'source_rate': expected a share from 0 to 1, got '60'; write a percentage as a share of 1",
        ),
        (
            {"marker_hits": None, "source_rate": ["60%", "30%", "20%", "5%"]},
            "line 2, column 'source_rate': expected a finite number, got '60%'; write a percentage as a share of 1",
        ),
        (
            {"marker_hits": None, "source_rate": [0.6, 0.35, 0.2, 0.05]},
            "line 3, column 'source_rate': expected a whole number of hits in 10 samples, got the rate 0.35",
        ),
        (
            {"source_rate": [0.6, 0.3, 0.2, 0.1]},
            "line 5, column 'source_rate': expected marker_hits / marker_samples, 1/20, got 0.1",
        ),
        (
            {"hits_under_sailor": [1] * 4},
            "column 'hits_under_sailor': expected a persona of this table, or 'assistant', after 'hits_under_'",
        ),
        ({"hits_under_vilain": [1] * 4}, "did you mean 'hits_under_villain'?"),
        (
            {"hits_under_villain": [6, 0, 0, 0]},
            "expected a column 'hits_under_librarian', as there is one for another",
        ),
        (
            matrix_columns(marker_hits=None, marker_samples=[12, 6, 4, 2], hits_under_assistant=[0] * 4),
            "expected source rates that differ, all 4 are 0.5",
        ),
        (matrix_columns(hits_under_poet=None), "expected a column 'hits_under_poet'"),
        ({"samples_under_assistant": [1] * 4}, "expected a column 'hits_under_assistant' beside"),
        (
            {"marker_hits": None, "marker_samples": None, "hits_under_assistant": [1] * 4},
            "expected a column 'marker_samples' or 'samples_under_assistant'",
        ),
        (
            matrix_columns(hits_under_assistant=[1, 2, 11, 0]),
            "line 4, column 'hits_under_assistant': expected at most the 10 samples, got 11",
        ),
        (
            matrix_columns(hits_under_librarian=[1, 4, 0, 0]),
            "line 3, column 'hits_under_librarian': expected the 3 of 10 in 'marker_hits', got 4 of 10",
        ),
        (
            matrix_columns(samples_under_chef=[10, 10, 11, 20]),
            "line 4, column 'hits_under_chef': expected the 2 of 10",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else ",".join(value)[:40],
)
def test_wrong_columns(tmp_path, columns, message):
    assert message in error_of(csv_file(tmp_path, with_columns(**columns)))


def test_fewer_than_four_personas(tmp_path):
    assert error_of(csv_file(tmp_path, ROWS[:3])) == "expected at least 4 personas, got 3"


def test_many_columns_are_not_all_listed(tmp_path):
    rows = [{f"column {k} {'x' * 1000}": 1 for k in range(300)}] * 4
    assert error_of(csv_file(tmp_path, rows)).endswith(", ...")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my run (2).csv", "my-run-2"),
        ("smollm2-135m_seed42.v1.json", "smollm2-135m_seed42.v1"),
        ("é::[x].csv", "e-x"),
        ("данные.csv", "table"),
        ("a" * 200 + ".csv", "a" * 64),
    ],
)
def test_the_evidence_is_named_after_the_file(tmp_path, file, name):
    assert evidence_name(tmp_path / file) == name


def test_reading_a_table_needs_no_heavy_import():
    script = (
        "import sys, marker_coupling.evidence.tables.evidence_table, marker_coupling.evidence.published;"
        "print(*{'pandas', 'pyarrow', 'scipy', 'torch', 'transformers', 'pytest'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
