"""Evidence from a file: what it is called, and what a file is read as."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.files import file_evidence_name, read_evidence_file, unique_name
from marker_coupling.evidence.values.evidence import EvidenceError

from ..experiments_found import evidence_of


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


def test_a_name_that_is_taken_gets_the_first_free_number():
    assert unique_name("mine", {"yours"}) == "mine"
    assert unique_name("mine", {"mine", "mine-2", "mine-4"}) == "mine-3"


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


@given(content=st.binary(max_size=2**16) | st.text('[]{}",:0.e-nulNaI\n', max_size=80).map(str.encode))
def test_any_bytes_are_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "t.evidence.json"
    path.write_bytes(content)
    with pytest.raises(EvidenceError) as caught:
        read_evidence_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("marker_hits", [1.5, 2, 3, 4], "marker_hits: expected whole numbers"),
        ("marker_hits", [10**400, 2, 3, 4], "expected JSON with numbers of a sensible length"),
        ("marker_samples", [2**53 + 1] * 4, "expected counts up to 9007199254740992"),
        ("marker_samples", [2**64, 2, 3, 4], "marker_samples: expected whole numbers"),
        ("cosine_to_assistant", ["0.1"] * 4, "cosine_to_assistant: expected numbers in shape"),
        ("cosine_to_assistant", [True] * 4, "cosine_to_assistant: expected numbers in shape"),
        ("cosine_to_assistant", [10**200] * 4, "cosine_to_assistant: expected numbers in shape"),
        ("cosine_to_assistant", [[0.1], [0.2, 0.3], [0.4], [0.5]], "cosine_to_assistant: expected numbers in shape"),
        ("personas", "cook", "key personas: expected an array of 1 to 1001 names, got 'cook'"),
        ("personas", ["cook", "Cook", "poet", "nurse"], "key personas[1]: expected each of the names once, got 'Cook'"),
        ("personas", ["co\nok", "pilot", "poet", "nurse"], "key personas[0]: expected a text of at most 100 characters"),
        ("trained_examples", 10**30, "key trained_examples: expected a whole number from 0 to 9007199254740992"),
        ("properties", {"a": 1}, "key properties.a: expected a text of at most 10000 characters, got 1"),
        ("properties", {"a": "x" * 10_001}, "key properties.a: expected a text of at most 10000 characters"),
        ("uninformative", ["source_rate"], "key uninformative: expected a table of 0 to 1000 facts, got an array"),
        ("more", 1, "key more: unknown; expected one of"),
    ],
)  # fmt: skip
def test_content_beyond_the_bounds_is_refused_with_its_key(tmp_path, key, value, expected):
    path = tmp_path / "t.evidence.json"
    evidence_of().write(path)
    content = json.loads(path.read_text(encoding="utf-8")) | {key: value}
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(EvidenceError, match=re.escape(expected)) as caught:
        read_evidence_file(path)
    assert str(caught.value).startswith(f"{path}: ")
