"""Many points are drawn, and only the extremes are named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.figures.many_points import CloudPanel, extreme_points, scatter_clouds


@given(st.integers(0, 1000), st.integers(4, 60))
def test_the_extremes_are_the_lowest_and_highest_on_either_axis(seed, n):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    found = extreme_points(x, y)
    for values in (x, y):
        assert {int(values.argmin()), int(values.argmax())} <= set(found)
        inner = np.delete(values, found)
        assert inner.size == 0 or (values[found].min() < inner.min() and values[found].max() > inner.max())
    assert 4 <= len(found) <= 8


def test_every_point_is_drawn_and_only_the_extremes_are_named():
    x, y = np.random.default_rng(0).normal(size=(2, 192))
    names = [f"persona {index}" for index in range(192)]
    panels = [CloudPanel(x, y, names, "model", "r = -.3, N = 192"), CloudPanel(y, x, names, "other", "r = 0")]
    figure = scatter_clouds(panels, "cosine", "strength")
    first, second = figure.axes
    assert len(first.collections[1].get_offsets()) == len(second.collections[1].get_offsets()) == 192
    texts = {text.get_text() for text in first.texts}
    assert "r = -.3, N = 192" in texts
    assert {text for text in texts if text.startswith("persona")} == {names[i] for i in extreme_points(x, y)}
    assert (first.get_ylabel(), second.get_ylabel()) == ("strength", "")


def test_the_line_is_that_of_the_correlation_where_one_is_given():
    x, y = np.random.default_rng(0).normal(size=(2, 50))
    (axis,) = scatter_clouds([CloudPanel(x, y, [""] * 50, "model", "", (0.5, 0.3, 0.6))], "x", "y").axes
    at, line = axis.lines[0].get_data()
    np.testing.assert_allclose(line, 0.5 * np.asarray(at))
    assert (at[0], at[-1]) == (x.min(), x.max())
    ends = axis.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose(ends[:, 1].max(), max(0.6 * x.max(), 0.3 * x.min()))


def test_what_is_no_number_is_not_drawn():
    with pytest.raises(ValueError, match="expected finite numbers"):
        scatter_clouds([CloudPanel([1, 2, np.inf], [1, 2, 3], ["a", "b", "c"], "", "")], "x", "y")
