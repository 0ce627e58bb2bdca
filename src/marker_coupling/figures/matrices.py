"""Matrices, persona by persona, with the number in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from marker_coupling.figures.palette import HIGHLIGHT
from marker_coupling.figures.style import SMALL, check_finite, label_axes, new_figure


def matrix_figure(
    matrix: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    unit: str,
    *,
    cells: str = "{:.2f}",
    kind: Literal["sequential", "diverging"] = "sequential",
    framed: ArrayLike | None = None,
    row_label: str = "",
    column_label: str = "",
) -> Figure:
    """Draw a matrix.

    Parameters
    ----------
    matrix : (rows, columns) float
    rows, columns : as they are printed
    unit : on the colour bar
    cells : format of the number in a cell
    kind : diverging is symmetric about 0
    framed : (rows, columns) bool, cells with a frame

    Raises
    ------
    ValueError
        A number is not finite.
    """
    values = np.asarray(matrix, dtype=np.float64)
    check_finite(matrix=values)
    figure, (axis,) = new_figure(1, width=1.9 + 0.52 * len(columns), height=1.9 + 0.36 * len(rows))
    # Both maps grow darker to the ends in grey as well; signs are also in the numbers.
    if kind == "diverging":
        reach = float(np.abs(values).max()) or 1.0
        image = axis.imshow(values, cmap="PuOr", vmin=-reach, vmax=reach, aspect="auto")
    else:
        image = axis.imshow(values, cmap="cividis", vmin=min(0.0, float(values.min())), aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = image.to_rgba(np.array([value]))[0]
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axis.text(
            column, row, cells.format(value), ha="center", va="center", fontsize=SMALL - 1,
            color="white" if dark else "black",
        )  # fmt: skip
    if framed is not None:
        for row, column in zip(*np.nonzero(np.asarray(framed)), strict=True):
            axis.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=HIGHLIGHT, linewidth=2)
            )
    axis.set_xticks(range(len(columns)), list(columns), fontsize=SMALL, rotation=40)
    for label in axis.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
    axis.set_yticks(range(len(rows)), list(rows), fontsize=SMALL)
    label_axes(axis, column_label, row_label, title)
    for spine in axis.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, ax=axis, fraction=0.04, pad=0.02)
    bar.set_label(unit, fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure
