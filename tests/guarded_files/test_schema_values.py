"""Kinds of single values: what is within the bounds comes through, and what is beyond them is quoted."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files.normal_form import normal_form
from guarded_files.schema_values import (
    LONGEST_NAME,
    NAME,
    AnyText,
    Choice,
    Flag,
    Mismatch,
    Real,
    Text,
    Whole,
)

OTHER_TYPES = st.none() | st.booleans() | st.text() | st.lists(st.integers()) | st.just({})


def is_taken(kind, value):
    try:
        kind.check(value)
    except Mismatch as problem:
        refusal = problem.problem
    else:
        return True
    assert refusal.startswith(f"expected {kind}")
    return False


@given(st.integers(), st.integers(), st.integers() | st.floats() | OTHER_TYPES)
def test_whole_numbers_within_both_ends(first, second, value):
    kind = Whole(*sorted((first, second)))
    is_within = type(value) is int and kind.low <= value <= kind.high
    assert is_taken(kind, value) == is_within
    assert kind.check(kind.low) == kind.low
    assert kind.check(kind.high) == kind.high


FINITE = st.floats(-1e6, 1e6)


@given(FINITE, FINITE, st.floats() | st.integers() | OTHER_TYPES)
def test_numbers_within_both_ends_become_floats_and_nought_has_one_form(first, second, value):
    kind = Real(*sorted((first, second)))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    assert is_taken(kind, value) == (is_number and kind.low <= value <= kind.high)
    if is_taken(kind, value):
        found = kind.check(value)
        assert type(found) is float
        assert found == value
    assert math.copysign(1, Real(-1.0, 1.0).check(-0.0)) == 1


@given(st.integers() | st.floats() | OTHER_TYPES)
def test_only_true_and_false_are_flags(value):
    assert is_taken(Flag(), value) == (value is True or value is False)


@given(st.sampled_from(["a", "b"]) | st.integers() | OTHER_TYPES)
def test_only_the_choices_are_chosen(value):
    assert is_taken(Choice(("a", "b")), value) == (isinstance(value, str) and value in ("a", "b"))


ODD_TEXT = st.text(max_size=12) | st.text("ab \n\t\r\x07\x1b\u2028\u200b\ud800\u202e\xa0", max_size=12)
CONTROL = ("Cc", "Cs", "Zl", "Zp")


@given(ODD_TEXT)
def test_a_text_is_not_blank_and_has_no_control_characters(text):
    controls = [c for c in text if c not in "\n\t" and unicodedata.category(c) in CONTROL]
    assert is_taken(Text(10), text) == (len(text) <= 10 and normal_form(text) != "" and not controls)


@given(ODD_TEXT)
def test_a_name_is_one_printable_line_without_spaces_around_it(text):
    is_name = text.isprintable() and text == text.strip() and normal_form(text) != ""
    assert is_taken(NAME, text) == is_name


@pytest.mark.parametrize("kind", [Text(5), Text(5, one_line=True), AnyText(5)], ids=str)
def test_the_length_is_the_bound(kind):
    assert kind.check("a" * 5) == "a" * 5
    assert not is_taken(kind, "a" * 6)
    assert not is_taken(kind, 5)


@given(ODD_TEXT.filter(lambda text: len(text) <= 10))
def test_any_text_is_any_text(text):
    assert AnyText(10).check(text) == text


@pytest.mark.parametrize(
    ("outward", "key"),
    [
        (["rank"], "rank"), (["rank", "adapter"], "adapter.rank"), (["[2]", "layers"], "layers[2]"),
        (["name", "[0]", "models"], "models[0].name"), (["[1]", "[0]", "rows"], "rows[0][1]"),
        (["x" * 200], "x" * LONGEST_NAME + "..."),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_a_mismatch_is_seen_from_the_document_s_root(outward, key):
    problem = Mismatch("expected 1, got 2")
    assert str(problem) == "expected 1, got 2"
    for name in outward:
        problem = problem.inside(name)
    assert (problem.key, str(problem)) == (key, f"key {key}: expected 1, got 2")
