"""``--evidence``: tables of users' own are judged beside the published one, and broken ones cost only themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

GOOD = """persona,cosine_to_assistant,js_to_assistant,marker_hits,marker_samples
cook,-0.4,0.05,70,100
pilot,-0.3,0.04,66,100
poet,-0.2,0.045,58,100
nurse,0.1,0.02,40,100
ghost,0.2,0.01,35,100
sailor,0.3,0.015,31,100
"""


@pytest.fixture(scope="module")
def judged(pytestconfig, tmp_path_factory):
    """Run the claims once on good tables and every kind of broken one."""
    folder = tmp_path_factory.mktemp("tables")
    rows = GOOD.splitlines()
    columns = {name: list(values) for name, *values in zip(*(row.split(",") for row in rows), strict=True)}
    tables = {
        "mine.csv": GOOD,
        "rates.json": json.dumps(
            {
                "persona": columns["persona"],
                "source_rate": [0.7, 0.66, 0.58, 0.4, 0.35, 0.31],
                "marker_samples": [100] * 6,
            }
        ),
        "missing.csv": GOOD.replace("marker_samples", "other"),
        "twice.csv": GOOD.replace("pilot", "cook"),
        "empty.csv": GOOD.replace("poet", ""),
        "nan.csv": GOOD.replace("-0.3", "nan"),
        "above.csv": GOOD.replace("66,100", "166,100"),
        "few.csv": "\n".join(rows[:4]) + "\n",
        "constant.csv": "persona,cosine_to_assistant\na,0.1\nb,0.1\nc,0.1\nd,0.1\n",
        "image.csv": b"\x89PNG\r\n\x1a\n\x00\x00",
        "latin.csv": GOOD.replace("poet", "poète").encode("latin-1"),
    }
    for name, content in tables.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with (folder / "huge.csv").open("wb") as file:
        file.truncate(100 * 2**20)
    given = [
        argument
        for name in [*tables, "huge.csv", "absent.csv"]
        for argument in ("--evidence", str(folder / name))
    ]
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "tests/claims", "-m", "fast", "--base-model", "none",
            "--ledger", str(folder / "ledger"), "-p", "no:cacheprovider", "-p", "no:randomly", "-k", "not published", "-q",
            *given,
        ],
        cwd=pytestconfig.rootpath, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "300"},
    )  # fmt: skip
    ledger = json.loads((folder / "ledger/ledger.json").read_text())
    return done, ledger


def claims_on(ledger, evidence):
    return {entry["id"]: entry["verdict"] for entry in ledger["claims"] if entry["evidence"] == evidence}


def test_every_claim_whose_columns_are_there_is_judged(judged):
    _, ledger = judged
    mine = claims_on(ledger, "mine")
    assert mine["cosine-predicts-coupling"] == "supported"
    assert mine["identical-training-different-rates"] == "supported"
    assert "librarian-is-the-outlier" not in mine
    assert "cosine-predicts-gating" not in mine
    assert set(claims_on(ledger, "rates")) == {"identical-training-different-rates"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.csv", "expected a column 'marker_samples'"),
        ("twice.csv", "line 3, column 'persona': expected each name once"),
        ("empty.csv", "line 4, column 'persona': expected a name, got an empty cell"),
        ("nan.csv", "line 3, column 'cosine_to_assistant': expected a finite number, got 'nan'"),
        ("above.csv", "line 3, column 'marker_hits': expected at most the 100 samples, got 166"),
        ("few.csv", "expected at least 4 personas, got 3"),
        ("constant.csv", "column 'cosine_to_assistant': expected values that differ"),
        ("image.csv", "expected UTF-8 text, this is a PNG image"),
        ("latin.csv", "line 4: expected UTF-8 text"),
        ("huge.csv", "expected at most 16 MiB, got 100 MiB"),
        ("absent.csv", "no such file"),
    ],
)
def test_a_broken_table_is_one_line_that_names_the_place(judged, name, words):
    done, _ = judged
    lines = [
        line for line in done.stdout.splitlines() if f"{name}: " in line and not line.startswith("ERROR")
    ]
    assert len(lines) == 1
    assert words in lines[0]


def test_broken_tables_make_the_run_fail(judged):
    done, _ = judged
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "11 errors" in done.stdout
