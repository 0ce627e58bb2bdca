"""TOML files against a schema: values by key, or one error of the reader's own that names file and key."""

from __future__ import annotations

import pytest

from guarded_files.schema import Section
from guarded_files.schema_values import Text, Whole
from guarded_files.toml_file import read_document

SCHEMA = Section({"days": Whole(1, 31), "name": Text(20, one_line=True)}, optional=frozenset({"name"}))


class RefusedError(ValueError):
    """The error that the reader is told to raise."""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "f.toml"


def test_values_are_there_by_key_and_an_optional_one_may_be_missing(file):
    file.write_text("days = 3\n")
    document = read_document(file, SCHEMA, RefusedError)
    assert document.path == file
    assert (document["days"], document.get("days"), document.get("name")) == (3, 3, None)
    with pytest.raises(KeyError):
        document["name"]
    file.write_text('name = "May"\ndays = 31')
    assert read_document(file, SCHEMA, RefusedError).get("name") == "May"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("days = 32", "key days: expected a whole number from 1 to 31, got 32"),
        ("day = 3", "key days: expected a whole number from 1 to 31, got nothing; is 'day' a slip of it?"),
        ('days = 3\n"new\\nline" = 1', "key new\\nline: unknown; expected one of days, name"),
        ("days = ", "expected TOML: Invalid value (at end of document)"),
    ],
)
def test_what_the_schema_does_not_say_is_one_line(file, text, message):
    file.write_text(text)
    with pytest.raises(RefusedError) as caught:
        read_document(file, SCHEMA, RefusedError)
    assert str(caught.value) == f"{file}: {message}"
    assert str(caught.value).isprintable()


def test_a_file_that_cannot_be_read_is_the_same_error(file):
    with pytest.raises(RefusedError, match="no such file"):
        read_document(file, SCHEMA, RefusedError)


def test_values_that_do_not_go_together_are_refused_in_the_same_words(file):
    file.write_text("days = 3")
    error = read_document(file, SCHEMA, RefusedError).wrong("days", "as many as the month has", "x\n" * 50)
    assert type(error) is RefusedError
    got = repr("x\n" * 20) + "..."
    assert str(error) == f"{file}: key days: expected as many as the month has, got {got}"
