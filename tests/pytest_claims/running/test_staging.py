"""Notes between the processes of a run: read as they were left, and none that is damaged costs a verdict."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.running.staging import (
    STAGING,
    CollectedTest,
    collected_tests,
    evidence_facts,
    note_collected,
    note_evidence,
)

TEXT = st.text(max_size=8)
TESTS = st.lists(st.builds(CollectedTest, TEXT, st.lists(st.tuples(TEXT, TEXT)).map(tuple), TEXT, TEXT))
FACTS = st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, max_size=3), max_size=4)


def process(folder=None):
    """The config of a process of its own that shares the folder."""
    stash = pytest.Stash()
    if folder is not None:
        stash[STAGING] = folder
    return SimpleNamespace(stash=stash)


@given(TESTS, FACTS)
def test_what_a_worker_noted_is_known_to_the_controller(tmp_path_factory, tests, facts):
    folder = tmp_path_factory.mktemp("staging")
    worker, other, controller = process(folder), process(folder), process(folder)
    note_collected(worker, tests)
    note_collected(other, tests)
    for index, (name, known) in enumerate(facts.items()):
        note_evidence(other if index % 2 else worker, name, known)
    assert collected_tests(controller) == tests
    assert evidence_facts(controller) == facts
    assert list(evidence_facts(controller)) == sorted(facts)


@given(TESTS, FACTS)
def test_a_process_without_a_folder_knows_its_own_notes(tests, facts):
    alone = process()
    note_collected(alone, tests)
    for name, known in facts.items():
        note_evidence(alone, name, known)
    assert collected_tests(alone) == tests
    assert evidence_facts(alone) == facts
    assert collected_tests(process()) == []
    assert evidence_facts(process()) == {}


def test_a_note_that_cannot_be_written_is_missed_and_no_more(tmp_path):
    (tmp_path / "file").write_text("")
    config = process(tmp_path / "file")
    note_collected(config, [CollectedTest("a.py::test")])
    note_evidence(config, "station", {"device": "abacus"})
    assert evidence_facts(config) == {"station": {"device": "abacus"}}
    assert collected_tests(process(tmp_path / "file")) == []


def test_a_note_cut_short_by_a_crash_is_as_good_as_none(tmp_path):
    worker = process(tmp_path)
    note_collected(worker, [CollectedTest("a.py::test")])
    note_evidence(worker, "cut", {"device": "abacus"})
    note_evidence(worker, "whole", {"device": "abacus"})
    (cut,) = [path for path in (tmp_path / "evidence").iterdir() if '"cut"' in path.read_text()]
    for path in (cut, tmp_path / "collected.json"):
        path.write_bytes(path.read_bytes()[:-3])
    assert collected_tests(process(tmp_path)) == []
    assert evidence_facts(process(tmp_path)) == {"whole": {"device": "abacus"}}


def test_nothing_unfinished_is_left(tmp_path):
    note_collected(process(tmp_path), [])
    note_evidence(process(tmp_path), "a", {})
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".json"}
