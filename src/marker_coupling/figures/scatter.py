"""Scatter plots: labelled points with error bars, a fitted line, and the correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from marker_coupling.figures.palette import CONTEXT, INK, PLAIN, Mark
from marker_coupling.figures.point_labels import label_points
from marker_coupling.figures.style import (
    SMALL,
    EstimateLike,
    check_finite,
    correlation_text,
    draw_mark,
    fit_line,
    label_axes,
    new_figure,
)

_PANEL_INCHES = (4.2, 3.7)


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel of a scatter plot.

    Parameters
    ----------
    x, y : (n,) the points
    names : (n,) as they are printed beside the points
    x_label, y_label : with units
    estimate : the correlation that is printed
    symbol : of the correlation
    y_low, y_high : (n,) ends of the error bars in y
    x_low, x_high : (n,) ends of the error bars in x
    marks : (n,) of the points, such as those of personas; by default the same for all
    y_percent : y is a share, shown in per cent
    identity : the line y = x is drawn instead of the fitted one
    """

    x: ArrayLike
    y: ArrayLike
    names: Sequence[str]
    x_label: str
    y_label: str
    estimate: EstimateLike
    symbol: str = "r"
    y_low: ArrayLike | None = None
    y_high: ArrayLike | None = None
    x_low: ArrayLike | None = None
    x_high: ArrayLike | None = None
    marks: Sequence[Mark] = ()
    y_percent: bool = False
    identity: bool = False
    title: str = ""


def scatter_panels(panels: Sequence[Panel]) -> Figure:
    """Draw panels side by side.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    figure, axes = new_figure(len(panels), *_PANEL_INCHES)
    for axis, panel in zip(axes, panels, strict=True):
        _draw(axis, panel)
    # Names are placed when everything else has its place; fixed margins cost nothing to lay out.
    figure.set_layout_engine(None)
    width, height = _PANEL_INCHES[0] * len(panels), _PANEL_INCHES[1]
    figure.subplots_adjust(
        left=0.72 / width, right=1 - 0.12 / width, bottom=0.52 / height, top=1 - 0.28 / height, wspace=0.28
    )
    for axis, panel in zip(axes, panels, strict=True):
        low, high = _ends(panel.y, panel.y_low, panel.y_high)
        label_points(
            axis,
            np.asarray(panel.x, dtype=np.float64),
            np.asarray(panel.y, dtype=np.float64),
            list(panel.names),
            list(zip(low, high, strict=True)),
            list(zip(*_ends(panel.x, panel.x_low, panel.x_high), strict=True)),
        )
    return figure


def _draw(axis: Axes, panel: Panel) -> None:
    x, y = np.asarray(panel.x, dtype=np.float64), np.asarray(panel.y, dtype=np.float64)
    low, high = _ends(y, panel.y_low, panel.y_high)
    left, right = _ends(x, panel.x_low, panel.x_high)
    check_finite(x=x, y=y, low=low, high=high, left=left, right=right)
    if panel.identity:
        axis.axline((0, 0), slope=1, color=INK, linewidth=1.1, linestyle="--", zorder=2)
    else:
        fit_line(axis, x, y)
    bars = {"fmt": "none", "ecolor": CONTEXT, "elinewidth": 0.9, "capsize": 2, "zorder": 3}
    axis.errorbar(x, y, yerr=[y - low, high - y], **bars)  # type: ignore[arg-type]
    if panel.x_low is not None:
        axis.errorbar(x, y, xerr=[x - left, right - x], **bars)  # type: ignore[arg-type]
    for at_x, at_y, mark, name in zip(x, y, panel.marks or [PLAIN] * x.size, panel.names, strict=True):
        draw_mark(axis, float(at_x), float(at_y), mark, name, size=6.5)
    if (x < 0).any() and (x > 0).any():
        axis.axvline(0, color=CONTEXT, linewidth=0.8, linestyle=":", zorder=0)
    label_axes(axis, panel.x_label, panel.y_label, panel.title)
    axis.margins(x=0.16, y=0.12)
    bottom, top = axis.get_ylim()
    if panel.y_percent:
        # A fit's band may leave what shares can be; axis and ticks do not.
        bottom, top = max(bottom, -0.04), min(top, 1.04)
    axis.set_ylim(bottom, top + 0.16 * (top - bottom))
    if panel.y_percent:
        axis.set_yticks([tick for tick in axis.get_yticks() if max(bottom, 0) <= tick <= min(top, 1)])
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axis.text(
        0.02, 0.985, correlation_text(panel.symbol, panel.estimate), transform=axis.transAxes, fontsize=SMALL,
        va="top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}, zorder=6,
    )  # fmt: skip


def _ends(values: ArrayLike, low: ArrayLike | None, high: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    middle = np.asarray(values, dtype=np.float64)
    lower, upper = (middle if end is None else end for end in (low, high))
    return np.minimum(lower, middle), np.maximum(upper, middle)
