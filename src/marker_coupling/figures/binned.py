"""Means in bins with their intervals, over the density of all cells, one panel for each base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from marker_coupling.figures.many_points import extreme_points, name_points, write_caption
from marker_coupling.figures.palette import CONTEXT, ESTIMATE, HIGHLIGHT, INK
from marker_coupling.figures.style import SMALL, check_finite, label_axes, new_figure

_PANEL_INCHES = (4.4, 3.7)
_HEXAGONS = 36


@dataclass(frozen=True, eq=False)
class BinnedPanel:
    """One panel.

    Parameters
    ----------
    centres, values, lows, highs : (K,) of the bins
    title : names the base model
    caption : the estimate, printed in the panel
    x, y : (C,) all cells, drawn as density; none where values are 0 or 1
    names : (C,) of the cells; the most extreme are marked and named
    slope : of a line through the origin; none without one
    """

    centres: ArrayLike
    values: ArrayLike
    lows: ArrayLike
    highs: ArrayLike
    title: str
    caption: str
    x: ArrayLike = field(default=())
    y: ArrayLike = field(default=())
    names: Sequence[str] = ()
    slope: float | None = None


def binned_panels(
    panels: Sequence[BinnedPanel], x_label: str, y_label: str, *, percent: bool = False
) -> Figure:
    """Draw panels side by side.

    Parameters
    ----------
    percent : values are shares, shown in per cent

    Raises
    ------
    ValueError
        A number is not finite.
    """
    figure, axes = new_figure(len(panels), *_PANEL_INCHES)
    named = []
    for axis, panel in zip(axes, panels, strict=True):
        x, y = np.asarray(panel.x, dtype=np.float64), np.asarray(panel.y, dtype=np.float64)
        centres, values, lows, highs = (
            np.asarray(column, dtype=np.float64)
            for column in (panel.centres, panel.values, panel.lows, panel.highs)
        )
        check_finite(x=x, y=y, centres=centres, values=values, lows=lows, highs=highs)
        extremes = extreme_points(x, y, named=1) if panel.names else []
        named.append(extremes)
        if x.size:
            axis.hexbin(
                x,
                y,
                gridsize=_HEXAGONS,
                mincnt=1,
                cmap="Greys",
                bins="log",
                linewidths=0,
                zorder=1,
                alpha=0.8,
            )
            axis.scatter(x[extremes], y[extremes], s=22, facecolors="none", edgecolors=HIGHLIGHT, zorder=4)
        if panel.slope is not None:
            ends = np.array([x.min(), x.max()])
            axis.axhline(0, color=CONTEXT, linewidth=0.8, zorder=2)
            axis.plot(ends, panel.slope * ends, color=INK, linewidth=1.2, zorder=3)
        axis.vlines(centres, lows, highs, color=ESTIMATE, linewidth=1.6, zorder=5)
        axis.plot(
            centres, values, "o", color=ESTIMATE, markersize=4.5, markeredgecolor="white",
            markeredgewidth=0.6, zorder=6, label="mean of a tenth (95% interval)",
        )  # fmt: skip
        label_axes(axis, x_label, y_label if axis is axes[0] else "", panel.title)
        axis.margins(x=0.08, y=0.10)
        bottom, top = axis.get_ylim()
        if percent:
            axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set_ylim(bottom, top + 0.16 * (top - bottom))
        write_caption(axis, panel.caption)
    if percent:
        highest = max(axis.get_ylim()[1] for axis in axes)
        for axis in axes:
            axis.set_ylim(0, highest)
    handles = axes[0].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", fontsize=SMALL, frameon=False)
    # Names are placed when everything else has its place.
    figure.canvas.draw()
    figure.set_layout_engine(None)
    for axis, panel, extremes in zip(axes, panels, named, strict=True):
        if extremes:
            before = set(axis.texts)
            name_points(axis, panel.x, panel.y, panel.names, extremes)
            for text in set(axis.texts) - before:
                text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    return figure
