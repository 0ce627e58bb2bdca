import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.figures import DIRECTORY, figure_stem, is_figure_path


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=3))
def test_what_we_name_is_a_figure_s_path(parts):
    stem = figure_stem(*parts)
    if stem:
        assert is_figure_path(f"{DIRECTORY}/{stem}.png"), stem
        assert is_figure_path(f"{DIRECTORY}/{stem}.pdf"), stem


@pytest.mark.parametrize(
    "path",
    [
        "", "x", "../x.png", "figures/../../x.png", "/x.png", "//host/x.png", "C:/x.png", "C:x.png", "figures\\x.png",
        "javascript:x.png", "data:image/png,x.png", "https://x.example/x.png", "figures/x.svg", "figures/x.png\n",
        "figures/\x00x.png", "figures/x.png?a", "figures/%2e%2e/x.png", "figures/.x.png", ".png", "figures/ x.png", "figures//x.png",
        "figures/x.PNG", "a\u202egnp.png",
    ],
)  # fmt: skip
def test_what_is_none(path):
    assert not is_figure_path(path)
