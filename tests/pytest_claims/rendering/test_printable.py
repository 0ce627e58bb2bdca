from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.rendering.printable import printable


def test_letters_of_any_script_stay_and_what_moves_the_cursor_goes():
    assert printable("✓ naïve 日本 – [0.1]") == "✓ naïve 日本 – [0.1]"  # noqa: RUF001
    assert printable("a\x1b[31mb\rc\nd\u202ee\u2028f\tg\x00") == "a\ufffd[31mb c d\ufffde f g\ufffd"


@given(st.text(st.characters(codec="utf-8")))
def test_anything_becomes_one_line_of_the_same_length(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
