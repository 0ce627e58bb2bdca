"""Bins are drawn over the density of all cells, with the extremes named."""

import dataclasses

import numpy as np
import pytest

from marker_coupling.figures.binned import BinnedPanel, binned_panels

X, Y = np.random.default_rng(0).normal(size=(2, 3000))
NAMES = [f"pair {index}" for index in range(3000)]
CELLS = BinnedPanel(
    [-1, 0, 1], [-0.2, 0, 0.2], [-0.3, -0.1, 0.1], [-0.1, 0.1, 0.3], "a", "r = .2", X, Y, NAMES, 0.2
)
SHARES = BinnedPanel([-1, 1], [0.1, 0.4], [0.05, 0.3], [0.15, 0.5], "b", "25% of 960")


def test_every_bin_has_its_mean_and_interval_and_the_extremes_are_named():
    figure = binned_panels([CELLS], "x", "y")
    (axis,) = figure.axes
    (dots,) = (line for line in axis.lines if line.get_marker() == "o")
    assert dots.get_xydata().tolist() == [[-1, -0.2], [0, 0], [1, 0.2]]
    texts = {text.get_text() for text in axis.texts}
    assert "r = .2" in texts
    expected = {NAMES[index] for index in (X.argmin(), X.argmax(), Y.argmin(), Y.argmax())}
    assert {text for text in texts if text.startswith("pair")} == expected
    slopes = [np.ptp(line.get_ydata()) / np.ptp(line.get_xdata()) for line in axis.lines if line is not dots]
    assert any(slope == pytest.approx(0.2) for slope in slopes)


def test_shares_have_one_scale_from_zero_and_no_cloud():
    figure = binned_panels([SHARES, dataclasses.replace(SHARES, highs=[0.2, 0.9])], "x", "y", percent=True)
    first, second = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[0] == 0
    assert first.get_ylim()[1] > 0.9
    assert first.yaxis.get_major_formatter()(0.25, 0) == "25%"
    assert (first.get_ylabel(), second.get_ylabel()) == ("y", "")


def test_what_is_no_number_is_not_drawn():
    with pytest.raises(ValueError, match="highs: expected finite numbers"):
        binned_panels([dataclasses.replace(SHARES, highs=[0.1, np.nan])], "x", "y")
