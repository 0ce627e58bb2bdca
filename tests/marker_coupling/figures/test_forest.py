"""A forest plot has a row for every body of evidence, and shades what decides."""

import dataclasses

import numpy as np
import pytest

from marker_coupling.figures.forest import ForestRow, forest_plot

ROWS = [
    ForestRow("small", -0.4, -0.6, -0.2, "p = .01", 0.4),
    ForestRow("left out", 0.1, -0.2, 0.3, "unreliable", 0.0, is_informative=False),
    ForestRow("joint", -0.35, -0.5, -0.2, "p = .001", is_joint=True),
]


def draw(rows=ROWS, claimed=-1):
    (axis,) = forest_plot(rows, "r", "A claim.", smallest_effect=0.3, claimed=claimed).axes
    return axis


def test_rows_stand_in_their_order_with_their_intervals():
    axis = draw()
    assert [label.get_text() for label in axis.get_yticklabels()] == ["joint", "left out", "small"]
    intervals = [tuple(line.get_xdata()) for line in axis.lines if len(set(line.get_ydata())) == 1]
    assert {(-0.6, -0.2), (-0.2, 0.3)} <= set(intervals)
    assert {text.get_text() for text in axis.texts} == {row.remark for row in ROWS}


@pytest.mark.parametrize(("claimed", "edges"), [(-1, (-1, -0.3)), (1, (0.3, 1))])
def test_the_claimed_side_and_effects_too_small_are_shaded(claimed, edges):
    shaded = [
        (patch.get_x(), patch.get_x() + patch.get_width()) for patch in draw(claimed=claimed).patches[:2]
    ]
    assert shaded[0] == pytest.approx(edges)
    assert shaded[1] == pytest.approx((-0.3, 0.3))


def test_what_does_not_count_is_an_open_mark():
    counted, left_out = (collection.get_facecolors()[0] for collection in draw().collections[::-1])
    assert tuple(left_out[:3]) != (1, 1, 1) or tuple(counted[:3]) != (1, 1, 1)
    assert (tuple(counted[:3]) == (1, 1, 1)) != (tuple(left_out[:3]) == (1, 1, 1))


def test_what_is_no_number_is_not_drawn():
    with pytest.raises(ValueError, match="expected finite numbers"):
        draw([dataclasses.replace(ROWS[0], high=np.nan)])
