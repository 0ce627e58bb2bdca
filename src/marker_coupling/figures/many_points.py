"""Scatter plots of many personas: light points, named extremes, the line that the correlation stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from marker_coupling.figures.palette import ESTIMATE, HIGHLIGHT
from marker_coupling.figures.point_labels import label_points
from marker_coupling.figures.style import (
    SMALL,
    check_finite,
    correlation_line,
    fit_line,
    label_axes,
    new_figure,
)

_PANEL_INCHES = (4.4, 3.9)
#: Named on either side of each axis.
_NAMED = 2


@dataclass(frozen=True, eq=False)
class CloudPanel:
    """One panel, such as one base model.

    Parameters
    ----------
    x, y : (N,) predictor and outcome, or their residuals
    names : (N,) as the extremes are labelled
    title : names the base model
    caption : the correlation with interval, p and N, printed in the panel
    correlation : estimate and interval that the line stands for, of values with variance 1 and mean 0; by
        default the line is that of least squares
    """

    x: ArrayLike
    y: ArrayLike
    names: Sequence[str]
    title: str
    caption: str
    correlation: tuple[float, float, float] | None = None


def scatter_clouds(panels: Sequence[CloudPanel], x_label: str, y_label: str) -> Figure:
    """Draw panels side by side; the most extreme personas on both axes are marked and named.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    figure, axes = new_figure(len(panels), *_PANEL_INCHES)
    named = []
    for axis, panel in zip(axes, panels, strict=True):
        x, y = np.asarray(panel.x, dtype=np.float64), np.asarray(panel.y, dtype=np.float64)
        check_finite(x=x, y=y)
        extremes = extreme_points(x, y)
        named.append(extremes)
        if panel.correlation is None:
            fit_line(axis, x, y)
        else:
            correlation_line(axis, x, *panel.correlation)
        axis.scatter(x, y, s=14, color=ESTIMATE, alpha=0.45, linewidths=0, zorder=3)
        axis.scatter(x[extremes], y[extremes], s=22, facecolors="none", edgecolors=HIGHLIGHT, zorder=4)
        label_axes(axis, x_label, y_label if axis is axes[0] else "", panel.title)
        axis.margins(x=0.14, y=0.12)
        bottom, top = axis.get_ylim()
        axis.set_ylim(bottom, top + 0.14 * (top - bottom))
        write_caption(axis, panel.caption)
    # Names are placed when everything else has its place.
    figure.set_layout_engine(None)
    width, height = _PANEL_INCHES[0] * len(panels), _PANEL_INCHES[1]
    figure.subplots_adjust(
        left=0.72 / width, right=1 - 0.12 / width, bottom=0.52 / height, top=1 - 0.28 / height, wspace=0.22
    )
    for axis, panel, extremes in zip(axes, panels, named, strict=True):
        name_points(axis, panel.x, panel.y, panel.names, extremes)
    return figure


def write_caption(axis: Axes, caption: str) -> None:
    """Print a panel's caption into its upper left corner, above everything that is drawn."""
    axis.text(
        0.02, 0.985, caption, transform=axis.transAxes, fontsize=SMALL, va="top", zorder=7,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def name_points(axis: Axes, x: ArrayLike, y: ArrayLike, names: Sequence[str], chosen: Sequence[int]) -> None:
    """Write the names of some of a panel's points beside them."""
    at_x, at_y = (np.asarray(values, dtype=np.float64)[list(chosen)] for values in (x, y))
    points = list(zip(at_y, at_y, strict=True)), list(zip(at_x, at_x, strict=True))
    label_points(axis, at_x, at_y, [names[index] for index in chosen], *points)


def extreme_points(x: np.ndarray, y: np.ndarray, named: int = _NAMED) -> list[int]:
    """Return the indices of the points with the lowest and highest values on either axis, so many of each."""
    order = [np.argsort(values, kind="stable") for values in (x, y)]
    chosen = {int(index) for ranks in order for index in (*ranks[:named], *ranks[-named:])}
    return sorted(chosen)
