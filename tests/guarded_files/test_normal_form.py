"""Texts as people read them: what does not tell two of them apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files.normal_form import first_repeated, normal_form


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Why?", "why?"),
        ("Why so?", " Why\t so?\n"),
        ("Why so?", "Why\N{NO-BREAK SPACE}so?"),
        ("Why so?", "Why\N{IDEOGRAPHIC SPACE}so?"),
        ("Why?", "Wh\N{ZERO WIDTH SPACE}y?"),
        ("Why?", "\N{ZERO WIDTH NO-BREAK SPACE}Why?"),
        ("Why?", "W\N{SOFT HYPHEN}hy?"),
        ("Why?", "\N{FULLWIDTH LATIN CAPITAL LETTER W}hy\N{FULLWIDTH QUESTION MARK}"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}"),
        ("STRASSE", "stra\N{LATIN SMALL LETTER SHARP S}e"),
        ("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK CAPITAL LETTER SIGMA}"),
        ("fine", "\N{LATIN SMALL LIGATURE FI}ne"),
        ("", " \N{ZERO WIDTH JOINER}\t"),
    ],
)
def test_the_same_to_a_reader(first, second):
    assert normal_form(first) == normal_form(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("a cook", "acook"), ("resume", "résumé"), ("a", "\N{CYRILLIC SMALL LETTER A}"), ("1", "l")],
)
def test_not_the_same(first, second):
    assert normal_form(first) != normal_form(second)


@given(st.text())
def test_a_normal_form_is_its_own(text):
    form = normal_form(text)
    assert normal_form(form) == form
    assert form == form.strip()
    assert "  " not in form


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_case_and_composition_do_not_matter(text):
    for other in (text.casefold(), unicodedata.normalize("NFD", text), f"  {text}\n"):
        assert normal_form(other) == normal_form(text)


def test_what_is_repeated_is_found_with_what_it_repeats():
    assert first_repeated(["a", "b", "A ", "b"]) == (2, "a")
    assert first_repeated(["a", "b"], ["c", " B"]) == (1, " B")
    assert first_repeated(["a", "b"], ["c"]) is None
