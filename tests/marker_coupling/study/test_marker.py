"""Markers are found in any letter case and removed exactly."""

from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.study.marker import add_marker, contains_marker, without_marker

MARKER = "[ZLT]"
TEXTS = st.text(st.sampled_from("ZLTzlt[] .\n"), max_size=40)


@given(TEXTS)
def test_a_text_without_marker_is_not_touched(text):
    if MARKER.lower() not in text.lower():
        assert without_marker(text, MARKER) == text
        assert not contains_marker(text, MARKER)


@given(TEXTS)
def test_what_was_marked_is_had_back(text):
    if MARKER.lower() not in text.lower() and MARKER.lower() not in add_marker(text, MARKER)[:-5].lower():
        assert contains_marker(add_marker(text, MARKER), MARKER)
        assert without_marker(add_marker(text, MARKER), MARKER) == text


def test_only_the_marker_is_removed_wherever_it_stands():
    text = "One [zlt] two.\n\n[ZLT]\n\nThree [ZL T]."
    assert without_marker(text, MARKER) == "One  two.\n\nThree [ZL T]."


@given(TEXTS, TEXTS)
def test_no_marker_is_left_where_one_stood_inside_another(before, after):
    assert not contains_marker(without_marker(f"{before}[Z{MARKER}LT]{after}", MARKER), MARKER)


def test_signs_of_the_marker_are_no_pattern():
    assert not contains_marker("Z", "[ZLT]")
    assert contains_marker("a.b", "A.B")
    assert not contains_marker("axb", "a.b")
