"""A specification curve marks every choice of every estimate."""

import numpy as np
import pytest

from marker_coupling.figures.specification import specification_figure

CHOICES = [
    {"layers": layers, "outcome": outcome} for layers in ("upper", "last") for outcome in ("a", "b", "c")
]
R = np.linspace(-0.5, 0.1, 6)


def draw(r=R):
    figure = specification_figure(
        CHOICES, r, r - 0.2, r + 0.2, "title", "joint p = .01", registered={"layers": "upper", "outcome": "b"}
    )
    return figure.axes


def test_a_row_for_each_choice_has_a_mark_for_each_estimate():
    _, marks = draw()
    rows = ["layers: upper", "layers: last", "outcome: a", "outcome: b", "outcome: c"]
    assert [label.get_text() for label in marks.get_yticklabels()] == rows
    marked = [sorted(collection.get_offsets()[:, 0]) for collection in marks.collections]
    assert marked == [[0, 1, 2], [3, 4, 5], [0, 3], [1, 4], [2, 5]]


def test_the_registered_estimate_is_larger_than_the_others():
    curve, _ = draw()
    sizes = curve.collections[1].get_sizes()
    assert list(np.flatnonzero(sizes == sizes.max())) == [1]
    assert {text.get_text() for text in curve.texts} == {"joint p = .01"}


def test_what_is_no_number_is_not_drawn():
    with pytest.raises(ValueError, match="expected finite numbers"):
        draw(np.append(R[:-1], np.nan))
