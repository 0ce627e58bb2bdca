"""One persona among the others over the layers of a model: its distance and its rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from scipy import optimize

from marker_coupling.figures.palette import CONTEXT, Mark
from marker_coupling.figures.style import (
    SMALL,
    check_finite,
    draw_mark,
    label_axes,
    line_with_mark,
    new_figure,
)

#: Height of a label as a share of the axis.
_LABEL_SHARE = 0.045


def persona_over_layers(
    layers: Sequence[int],
    distances: ArrayLike,
    names: Sequence[str],
    marks: Sequence[Mark],
    shown: int,
    distance_band: ArrayLike,
    ranks: ArrayLike,
    rank_band: ArrayLike,
    *,
    upper_from: int,
    caption: str,
) -> Figure:
    """Draw the distance of every persona and the rank of one over layers.

    Parameters
    ----------
    layers : (L,) layer k is the output of block k
    distances : (L, personas)
    names, marks : (personas,) as they are written at the right, and as they are drawn everywhere
    shown : index of the persona that stands out
    distance_band, rank_band : (2, L) 95% intervals of the shown persona's
    ranks : (L,) of the shown persona, 1 the farthest
    upper_from : first layer of the upper half, which is shaded
    caption : above the second panel

    Raises
    ------
    ValueError
        A number is not finite.
    """
    matrix, band = np.asarray(distances, dtype=np.float64), np.asarray(distance_band, dtype=np.float64)
    rank, ends = np.asarray(ranks, dtype=np.float64), np.asarray(rank_band, dtype=np.float64)
    check_finite(distances=matrix, distance_band=band, ranks=rank, rank_band=ends)
    figure, (left, right) = new_figure(2, width=4.6, height=3.9)
    for axis in (left, right):
        axis.axvspan(upper_from - 0.5, layers[-1] + 0.5, color=CONTEXT, alpha=0.10, linewidth=0)
        axis.set_xlim(layers[0] - 0.5, layers[-1] + 0.5)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    left.fill_between(layers, band[0], band[1], color=marks[shown].colour, alpha=0.25, linewidth=0)
    step = max(1, len(layers) // 6)
    for index in sorted(range(matrix.shape[1]), key=lambda index: index == shown):
        stands_out = index == shown
        left.plot(
            layers, matrix[:, index], gid=names[index], linewidth=2.2 if stands_out else 0.9,
            **line_with_mark(marks[index], 6 if stands_out else 4), markevery=(index % step, step),
        )  # fmt: skip
    beside = left.get_yaxis_transform()
    for index, height in enumerate(_apart(matrix[-1], left.get_ylim())):
        label = draw_mark(left, 1.03, height, marks[index], names[index], size=5)
        label.set(transform=beside, clip_on=False)
        left.annotate(
            names[index], (1.055, height), xycoords=("axes fraction", "data"), fontsize=SMALL - 1,
            va="center", fontweight="bold" if index == shown else "normal",
        )  # fmt: skip
    label_axes(left, "layer (output of block k)", "mean distance to the others (1 - cosine)", "all sources")
    right.fill_between(
        layers, ends[0], ends[1], color=marks[shown].colour, alpha=0.25, linewidth=0, step="mid"
    )
    right.step(
        layers, rank, where="mid", gid=names[shown], linewidth=2.2,
        **line_with_mark(marks[shown], 6), markevery=step,
    )  # fmt: skip
    right.set_ylim(matrix.shape[1] + 0.5, 0.5)
    right.yaxis.set_major_locator(MaxNLocator(integer=True))
    label_axes(right, "layer (output of block k)", "rank (1: farthest from the others)", caption)
    return figure


def _apart(heights: np.ndarray, limits: tuple[float, float]) -> list[float]:
    """Heights of labels as near to those wanted as can be without one covering another."""
    order = np.argsort(heights)
    steps = _LABEL_SHARE * (limits[1] - limits[0]) * np.arange(heights.size)
    placed = np.empty(heights.size)
    placed[order] = optimize.isotonic_regression(heights[order] - steps).x + steps
    return [float(height) for height in placed]
