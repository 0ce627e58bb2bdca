"""No file of a megabyte takes more than a gibibyte or twenty seconds before it is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from . import hostile_files

#: What is no nonsense but a large report or document of nothing.
READ = {"properties.xml", "cases.xml", "text.xml", "attributes.xml"}
ERRORS = {
    ".toml": "StudyError: ", ".json": "EvidenceError: ", ".csv": "EvidenceError: ",
    ".parquet": "EvidenceError: ", ".xml": "JUnitError: ", ".gguf": "BaseModelError: ",
}  # fmt: skip


def write_parquet(folder):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def write(name, **columns):
        table = pa.table(columns)
        parquet.write_table(
            table, folder / f"{name}.parquet", compression="zstd", dictionary_pagesize_limit=2**28
        )

    def repeated(text, rows):
        return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))

    write("dictionary", persona=repeated("x" * 500_000, 10_000))
    write("dictionary-of-long", persona=repeated("x" * 20_000_000, 200))
    write("rows", persona=pa.nulls(5_000_000, pa.string()))
    write("columns", **{f"hits_under_{k}": [1] for k in range(2500)} | {"persona": [None]})


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux to limit its memory")
def test_they_are_one_line_each_within_hard_limits(tmp_path):
    hostile_files.write_all(tmp_path)
    write_parquet(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    command = [sys.executable, hostile_files.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1:], done.stderr)
    assert [name for name, _ in lines] == names
    for name, said in lines:
        suffix = Path(name).suffix
        if name in READ:
            assert said == "read"
        else:
            assert said.startswith(ERRORS[suffix])
            assert f"{tmp_path / name}: " in said
            assert "expected" in said
            assert said.isprintable()
            assert len(said) < 500
