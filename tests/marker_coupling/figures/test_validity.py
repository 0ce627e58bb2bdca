"""Figures of validity and reliability show what they are given."""

import dataclasses

import numpy as np
import pytest

from marker_coupling.figures.validity import (
    ReliabilityRow,
    ValidityCurves,
    outcome_reliability,
    validity_over_layers,
)

CURVES = ValidityCurves(
    "model, N = 32",
    np.array([0.1, 0.3, 0.6, 0.7]),
    np.array([0.03, 0.1, 0.5, 0.6]),
    0.25,
    0.03,
    3,
    "r = 0.65",
)
ROW = ReliabilityRow("model", "0.001", "area", 0.6, 0.4, 0.8, True, True)


def test_a_panel_has_both_curves_and_shades_the_layers_of_the_composite():
    (panel,) = validity_over_layers([CURVES], 0.5).axes
    lines = {line.get_label(): line for line in panel.lines}
    np.testing.assert_array_equal(lines["agreement (r)"].get_ydata(), CURVES.agreement)
    np.testing.assert_array_equal(lines["nearest name is own"].get_xdata(), [1, 2, 3, 4])
    (shaded,) = panel.patches
    assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == (2.5, 4.5)
    assert {text.get_text() for text in panel.texts} == {"r = 0.65"}


def test_the_shaded_reliability_is_what_one_seed_needs():
    figure = outcome_reliability([ROW, dataclasses.replace(ROW, outcome="forced", chosen=False)], 0.7, 5, 32)
    (panel,) = figure.axes
    (shaded,) = panel.patches
    needed = shaded.get_x()
    assert 5 * needed / (1 + 4 * needed) == pytest.approx(0.7)
    assert [label.get_text() for label in panel.get_yticklabels()] == ["forced, 0.001", "area, 0.001"]
    assert panel.get_title(loc="left") == "model, N = 32"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: validity_over_layers([dataclasses.replace(CURVES, agreement=np.array([0.1, np.nan]))], 0.5),
        lambda: outcome_reliability([dataclasses.replace(ROW, low=-np.inf)], 0.7, 5, 32),
    ],
)
def test_what_is_no_number_is_not_drawn(draw):
    with pytest.raises(ValueError, match="expected finite numbers to draw"):
        draw()


@pytest.mark.parametrize("panels", [1, 2, 3])
def test_the_legend_fits_however_few_panels_there_are(panels):
    figure = validity_over_layers([CURVES] * panels, 0.5)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box, width = legend.get_window_extent(), figure.bbox.width
    assert 0 <= box.x0 < box.x1 <= width
