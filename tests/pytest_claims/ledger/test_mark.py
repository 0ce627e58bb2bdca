"""Whose a folder is: told by its mark or by what is in it, and never by what a stranger wrote there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.mark import (
    DOCUMENTS,
    MARK,
    LedgerFolderError,
    Standing,
    is_page,
    marked_ledger,
    standing_ledger,
    unmarked_ledger,
    write_mark,
)
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.documents import render_documents

from ..made_reports import made_case, made_suite

FIGURES = st.from_regex(r"figures/[a-z0-9]{1,8}\.(png|pdf)", fullmatch=True)
FILES = st.sets(st.sampled_from(DOCUMENTS) | FIGURES, max_size=6)
STRANGE = [
    "../x.png",
    "/x.png",
    "figures/../x.png",
    "figures/deep/x.png",
    "notes.txt",
    "x.png",
    "",
    3,
    None,
    ["a"],
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(FILES, st.booleans(), st.integers(0, 1000))
def test_a_mark_is_read_as_it_was_written(tmp_path_factory, files, partial, judged):
    folder = tmp_path_factory.mktemp("ledger")
    staged = folder / "staged"
    staged.mkdir()
    write_mark(staged, folder, Standing(tuple(files), partial, judged))
    assert marked_ledger(folder) == Standing(tuple(sorted(set(files))), partial, judged)
    assert list(staged.iterdir()) == []


@given(st.lists(st.sampled_from(STRANGE) | st.sampled_from(DOCUMENTS)))
def test_a_mark_names_nothing_but_documents_and_figures_of_the_folder(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("ledger")
    (folder / MARK).write_text(json.dumps({"made_by": "pytest-claims", "files": files}))
    assert marked_ledger(folder).files == tuple(name for name in files if name in DOCUMENTS)


@given(st.binary(max_size=60) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_in_a_mark_that_is_not_ours_is_none(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("ledger")
    for name in (MARK, "ledger.json"):
        (folder / name).write_bytes(content)
    assert marked_ledger(folder) is None
    assert unmarked_ledger(folder) is None


@given(st.fixed_dictionaries({"schema": JSON_VALUES, "run": JSON_VALUES, "claims": JSON_VALUES}))
def test_an_odd_document_of_an_earlier_version_names_nothing_but_itself(tmp_path_factory, document):
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "ledger.json").write_text(json.dumps(document, indent=1))
    found = unmarked_ledger(folder)
    assert set(found.files) <= {"ledger.json"}


def written(folder):
    ledger = ledger_of(made_suite(made_case("a"), made_case("b", verdict="error")))
    for name, content in render_documents(ledger).items():
        (folder / name).write_bytes(content)


def test_documents_of_an_earlier_version_are_known_by_how_they_begin(tmp_path):
    written(tmp_path)
    assert unmarked_ledger(tmp_path) == Standing(("ledger.json", "ledger.md", "ledger.html"), judged=1)
    (tmp_path / "ledger.md").write_text("# My own ledger\n")
    assert unmarked_ledger(tmp_path).files == ("ledger.json", "ledger.html")
    with pytest.raises(LedgerFolderError, match=r"ledger\.md in it is not ours"):
        standing_ledger(tmp_path)


def test_a_page_is_known_by_its_title(tmp_path):
    written(tmp_path)
    assert is_page(tmp_path / "ledger.html")
    assert not is_page(tmp_path / "ledger.md")
    assert not is_page(tmp_path / "absent.html")
    assert not is_page(tmp_path)
    (tmp_path / "own.html").write_text("<!DOCTYPE html><title>My ledger of claims</title>")
    assert not is_page(tmp_path / "own.html")


def test_placeholders_and_the_report_that_pytest_writes_make_no_folder_the_user_s(tmp_path):
    for name in (".gitkeep", "desktop.ini", "report.xml"):
        (tmp_path / name).touch()
    assert standing_ledger(tmp_path, beside="report.xml") == Standing()
    with pytest.raises(LedgerFolderError, match=r"it holds report\.xml$"):
        standing_ledger(tmp_path)
    for name in "abcd":
        (tmp_path / name).touch()
    with pytest.raises(LedgerFolderError, match=r"it holds a, b, c and 2 more$"):
        standing_ledger(tmp_path)
