"""Curves over layers: reliability between wordings, and agreement with published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from marker_coupling.figures.palette import CONTEXT, ESTIMATE, INK, SECOND
from marker_coupling.figures.style import SMALL, check_finite, label_axes, new_figure


@dataclass(frozen=True, eq=False)
class LayerCurve:
    """A number at every layer, with its interval.

    Parameters
    ----------
    label : for the legend
    values, lows, highs : (layers,)
    """

    label: str
    values: ArrayLike
    lows: ArrayLike
    highs: ArrayLike


@dataclass(frozen=True)
class LayerBand:
    """A number of the average over several layers, with its interval.

    Parameters
    ----------
    label : for the legend
    first, last : of the layers
    value, low, high : the number
    """

    label: str
    first: int
    last: int
    value: float
    low: float
    high: float


def over_layers(
    layers: Sequence[int],
    panels: Sequence[tuple[str, str, Sequence[LayerCurve]]],
    *,
    composite: Sequence[LayerBand],
    reference: int,
    threshold: float | None = None,
) -> Figure:
    """Draw curves over layers, one panel for each kind of number.

    Parameters
    ----------
    layers : layer k is the output of block k
    panels : title, label of the vertical axis, and curves; the threshold is drawn in the first one
    composite : the number of each panel's first curve, of the composite's layers together
    reference : the layer at the original's relative depth

    Raises
    ------
    ValueError
        A number is not finite.
    """
    figure, axes = new_figure(len(panels), width=4.2, height=3.8)
    for index, (axis, (title, y_label, curves), band) in enumerate(zip(axes, panels, composite, strict=True)):
        for curve, colour, line_style, marker in zip(
            curves, (ESTIMATE, SECOND, INK), ("-", "--", ":"), ("o", "s", "^"), strict=False
        ):
            check_finite(values=curve.values, lows=curve.lows, highs=curve.highs)
            axis.fill_between(layers, curve.lows, curve.highs, color=colour, alpha=0.15, linewidth=0)
            axis.plot(
                layers, np.asarray(curve.values), line_style, color=colour, marker=marker, markersize=3,
                linewidth=1.3, label=curve.label,
            )  # fmt: skip
        if index > 0:
            axis.axhline(0, color=CONTEXT, linewidth=0.8)
        lines = [axis.axvline(reference, color=INK, linewidth=1, linestyle=":", label="original's depth")]
        if index == 0 and threshold is not None:
            limit = f"uninformative below {threshold:g}"
            lines.append(axis.axhline(threshold, color=CONTEXT, linestyle="--", linewidth=1, label=limit))
        curve_lines = axis.lines[: len(curves)] if len(curves) > 1 else []
        band_line = _draw_band(axis, band)
        label_axes(axis, "layer (output of block k)", y_label, title)
        # Below the axes, where no curve can be. Lines mean the same everywhere, and are named once.
        axis.legend(
            handles=[*curve_lines, band_line, *(lines if index == 0 else [])],
            fontsize=SMALL - 1, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2,
        )  # fmt: skip
    return figure


def _draw_band(axis: Axes, band: LayerBand) -> Line2D:
    check_finite(band=[band.value, band.low, band.high])
    ends = [band.first - 0.5, band.last + 0.5]
    axis.axvspan(*ends, color=CONTEXT, alpha=0.12, linewidth=0, zorder=0)
    axis.fill_between(ends, band.low, band.high, color=CONTEXT, alpha=0.25, linewidth=0, zorder=1)
    (line,) = axis.plot(ends, [band.value] * 2, color=INK, linewidth=2, label=band.label, zorder=3)
    return line
