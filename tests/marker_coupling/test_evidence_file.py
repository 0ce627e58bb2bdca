"""Evidence from a file: what it is called, and what a file is read as."""

from pathlib import Path

import pytest

from marker_coupling.evidence import EvidenceError
from marker_coupling.evidence_file import file_evidence_name, read_evidence_file

from .experiments_found import evidence_of


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("mine.csv", "mine"),
        ("my table.v2.json", "my-table.v2"),
        ("smollm2-135m-seed42.evidence.json", "smollm2-135m-seed42"),
        ("Qwen2.5-7B.evidence.json", "Qwen2.5-7B"),
    ],
)
def test_evidence_is_called_as_its_file(name, called):
    assert file_evidence_name(Path("folder") / name) == called


def test_an_experiment_is_read_whole(tmp_path):
    found = evidence_of()
    found.write(tmp_path / "mine.evidence.json")
    read = read_evidence_file(tmp_path / "mine.evidence.json")
    assert read.name == "mine"
    assert (read.sha256, read.measures, read.provenance) == (found.sha256, found.measures, found.provenance)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "line 1: expected JSON"),
        ("persona,marker_hits\na,1\n", "line 1: expected JSON"),
        ("{}", "expected the evidence of an experiment"),
        ("[1, 2]", "expected the evidence of an experiment"),
    ],
)
def test_what_is_no_experiment_is_one_line(tmp_path, content, expected):
    path = tmp_path / "broken.evidence.json"
    path.write_text(content)
    with pytest.raises(EvidenceError, match=rf"broken\.evidence\.json: {expected}"):
        read_evidence_file(path)
