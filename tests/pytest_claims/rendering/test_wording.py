"""What text and pages share: the time and commit of a run, and text that a terminal shows as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.rendering.wording import printable, run_text


@pytest.mark.parametrize(
    ("run", "text"),
    [
        ({}, ""),
        ({"started": "2026-03-01T10:00:30.123+00:00", "commit": "ab" * 20}, "2026-03-01 10:00 UTC, commit abababababab"),
        ({"started": "2026-03-01T10:00:30+02:00", "commit": "ab" * 20 + " with changes"}, "2026-03-01 10:00 UTC+02:00, commit abababababab with changes"),
        ({"started": "2026-03-01T10:00:30"}, "2026-03-01 10:00"),
        ({"started": "last Tuesday", "commit": "unknown"}, "last Tuesday, commit unknown"),
    ],
)  # fmt: skip
def test_when_a_run_was_and_on_what(run, text):
    assert run_text(run) == text


def test_letters_of_any_script_stay_and_what_moves_the_cursor_goes():
    assert printable("✓ naïve 日本 – [0.1]") == "✓ naïve 日本 – [0.1]"  # noqa: RUF001
    assert printable("a\x1b[31mb\rc\nd\u202ee\u2028f\tg\x00") == "a\ufffd[31mb c d\ufffde f g\ufffd"


@given(st.text(st.characters(codec="utf-8")))
def test_anything_becomes_one_line_of_the_same_length(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
