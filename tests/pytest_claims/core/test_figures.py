import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.core.figures import DIRECTORY, figure_stem, is_figure_path


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=3))
def test_what_we_name_is_a_figure_s_path(parts):
    stem = figure_stem(*parts)
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


@pytest.mark.parametrize(
    ("names", "stem"),
    [
        (("cosine-predicts-coupling", "published"), "cosine-predicts-coupling--published"),
        (("a", "smollm2-135m", "matrix"), "a--smollm2-135m--matrix"),
        (("a", "qwen2.5-7b_x"), "a--qwen2.5-7b_x"),
        (("a",), "a"),
    ],
)
def test_plain_names_stay_as_they_are(names, stem):
    assert figure_stem(*names) == stem


@pytest.mark.parametrize(
    ("names", "readable"),
    [
        (("a", "Qwen/Qwen2.5"), "a--qwen-qwen2.5"), (("a", "m" * 300), "a--" + "m" * 57), (("a", "../../../x"), "a--x"),
        (("a", "Café"), "a--cafe"), (("con",), "con"), (("nul", "", "x"), "nul--x"), (("a", "", "name"), "a--name"), (("a", "b--c"), "a--b-c"),
        (("a", "e", "", "0"), "a--e--0"), (("a", "\u0430\u0431"), "a"), (("a", "x."), "a--x"), (("a", "-x"), "a--x"),
    ],
)  # fmt: skip
def test_other_names_keep_what_is_safe_and_get_a_digest(names, readable):
    found, hyphens, digest = figure_stem(*names).rpartition("---")
    assert (found, hyphens) == (readable, "---")
    assert re.fullmatch("[0-9a-f]{16}", digest)


PARTS = st.text(st.sampled_from("aAb-_.é /\\:\u0430"), max_size=6)


@given(st.lists(st.tuples(PARTS, PARTS, PARTS, PARTS), min_size=2, max_size=6, unique=True))
def test_different_names_are_different_files_whatever_the_file_system(names):
    stems = [figure_stem(*parts) for parts in names]
    assert len({stem.lower() for stem in stems}) == len(names)
    assert all(
        re.fullmatch(r"[a-z0-9_][a-z0-9_.-]{0,119}", stem) and not stem.endswith(".") for stem in stems
    )
