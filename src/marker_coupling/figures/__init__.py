"""Figures of the study. They take numbers and return Matplotlib figures; they compute no statistic."""

from marker_coupling.figures.intervals import Guide, IntervalRow, interval_rows, null_distribution
from marker_coupling.figures.layers import LayerBand, LayerCurve, over_layers
from marker_coupling.figures.matrices import matrix_figure
from marker_coupling.figures.scatter import Panel, scatter_panels

__all__ = [
    "Guide",
    "IntervalRow",
    "LayerBand",
    "LayerCurve",
    "Panel",
    "interval_rows",
    "matrix_figure",
    "null_distribution",
    "over_layers",
    "scatter_panels",
]
