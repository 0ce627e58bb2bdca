"""One persona stands out over layers; labels do not cover each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.figures.palette import persona_marks
from marker_coupling.figures.persona_layers import _LABEL_SHARE, _apart, persona_over_layers

LAYERS, NAMES = list(range(1, 7)), ["librarian", "villain", "comedian"]
MARKS = list(persona_marks(NAMES).values())
DISTANCES = np.random.default_rng(0).uniform(0.8, 1.2, (6, 3))
BAND = np.stack([DISTANCES[:, 0] - 0.1, DISTANCES[:, 0] + 0.1])
RANKS = np.array([1, 2, 3, 1, 1, 2])


def draw(**changed):
    given = {"distances": DISTANCES, "ranks": RANKS} | changed
    return persona_over_layers(
        LAYERS, given["distances"], NAMES, MARKS, 0, BAND, given["ranks"], np.stack([RANKS, RANKS + 1]), upper_from=4,
        caption="nearest: villain +0.20",
    )  # fmt: skip


def test_all_personas_are_drawn_and_the_rank_of_one():
    left, right = draw().axes
    curves = [line.get_ydata().tolist() for line in left.lines if len(line.get_xdata()) == len(LAYERS)]
    assert sorted(curves) == sorted(DISTANCES.T.tolist())
    assert {text.get_text() for text in left.texts} == set(NAMES)
    assert right.lines[0].get_ydata().tolist() == RANKS.tolist()
    assert right.get_ylim() == (3.5, 0.5)  # the first on top
    drawn = {
        (line.get_gid(), line.get_marker(), line.get_color()) for axis in (left, right) for line in axis.lines
    }
    assert drawn == {(name, mark.shape, mark.colour) for name, mark in zip(NAMES, MARKS, strict=True)}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_keep_their_order_and_distance(heights):
    placed = np.array(_apart(np.array(heights), (0.0, 1.0)))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(np.sort(placed)) >= _LABEL_SHARE - 1e-9).all()
    assert (placed[order] == np.sort(placed)).all() or len(set(heights)) < len(heights)
    if len(heights) == 1 or np.diff(np.sort(heights)).min() > _LABEL_SHARE:
        assert placed == pytest.approx(heights)


def test_what_is_no_number_is_not_drawn():
    with pytest.raises(ValueError, match="distances: expected finite numbers"):
        draw(distances=np.full((6, 3), np.nan))
