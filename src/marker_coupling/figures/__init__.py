"""Figures of the study. They take numbers and return Matplotlib figures; they compute no statistic."""

from inspect import ismodule as _ismodule

from marker_coupling.figures.intervals import Guide as Guide
from marker_coupling.figures.intervals import IntervalRow as IntervalRow
from marker_coupling.figures.intervals import interval_rows as interval_rows
from marker_coupling.figures.intervals import null_distribution as null_distribution
from marker_coupling.figures.layers import LayerBand as LayerBand
from marker_coupling.figures.layers import LayerCurve as LayerCurve
from marker_coupling.figures.layers import over_layers as over_layers
from marker_coupling.figures.matrices import matrix_figure as matrix_figure
from marker_coupling.figures.scatter import Panel as Panel
from marker_coupling.figures.scatter import scatter_panels as scatter_panels

#: The public names: those that are imported above.
__all__ = [name for name, value in vars().items() if not (name.startswith("_") or _ismodule(value))]
