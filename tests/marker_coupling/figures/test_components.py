"""Bars are divided into the shares of their parts."""

import pytest

from marker_coupling.figures.components import stacked_parts

PARTS = {"persona": [3.0, 1.0], "seed": [-0.1, 0.0], "rest": [1.0, 3.0]}


def test_shares_add_to_one_and_negative_parts_are_drawn_as_none():
    (axis,) = stacked_parts(["a", "b"], PARTS, "share", "title", remarks=[".80", ".20"]).axes
    widths = [patch.get_width() for patch in axis.patches]
    assert widths == pytest.approx([0.75, 0.25, 0, 0, 0.25, 0.75])
    texts = [text.get_text() for text in axis.texts]
    assert texts == ["75%", "25%", "25%", "75%", ".80", ".20"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]
    heights = axis.get_yticks()
    assert heights[0] > heights[1]  # the first on top


def test_what_has_no_size_is_not_drawn():
    with pytest.raises(ValueError, match="expected one above 0 in every bar"):
        stacked_parts(["a"], {"persona": [-1.0], "rest": [0.0]}, "share", "")
    with pytest.raises(ValueError, match="expected finite numbers"):
        stacked_parts(["a"], {"persona": [float("nan")]}, "share", "")
