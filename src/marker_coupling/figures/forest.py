"""Forest plot: one effect on many bodies of evidence, with the regions that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from marker_coupling.figures.palette import CONTEXT, ESTIMATE, HIGHLIGHT, INK
from marker_coupling.figures.style import SMALL, check_finite, label_axes, new_figure


@dataclass(frozen=True)
class ForestRow:
    """One body of evidence, or the joint effect of several.

    Parameters
    ----------
    label : at the left
    value, low, high : of the effect, with its interval
    remark : at the right, such as ``"p = .002, N = 192, 5 seeds"``
    weight : share of the joint effect, from 0 to 1, which is the area of the mark
    is_joint : drawn as a diamond, below a line
    is_informative : False for a body of evidence that is shown and does not count
    """

    label: str
    value: float
    low: float
    high: float
    remark: str = ""
    weight: float = 1.0
    is_joint: bool = False
    is_informative: bool = True


def forest_plot(
    rows: Sequence[ForestRow], x_label: str, title: str, *, smallest_effect: float, claimed: int
) -> Figure:
    """Draw one row for each body of evidence, the first on top, on one effect axis from -1 to 1.

    Parameters
    ----------
    smallest_effect : effects within this distance of zero are too small to be of interest
    claimed : -1 or 1, the claimed sign

    Raises
    ------
    ValueError
        A number is not finite.
    """
    check_finite(rows=[(row.value, row.low, row.high, row.weight) for row in rows])
    figure, (axis,) = new_figure(1, width=7.4, height=1.5 + 0.32 * len(rows))
    edges = sorted((claimed * smallest_effect, float(claimed)))
    axis.axvspan(*edges, color=ESTIMATE, alpha=0.10, linewidth=0)
    axis.axvspan(-smallest_effect, smallest_effect, color=CONTEXT, alpha=0.16, linewidth=0)
    axis.axvline(0, color=INK, linewidth=0.8)
    for height, row in enumerate(reversed(rows)):
        colour = INK if row.is_joint else ESTIMATE if row.is_informative else CONTEXT
        if row.is_joint:
            half = 0.24
            axis.fill(
                [row.low, row.value, row.high, row.value], [height, height + half, height, height - half],
                color=HIGHLIGHT, edgecolor=INK, linewidth=0.8, zorder=3,
            )  # fmt: skip
            if height + 1 < len(rows) and not rows[len(rows) - 2 - height].is_joint:
                axis.axhline(height + 0.5, color=CONTEXT, linewidth=0.6)
        else:
            axis.plot([row.low, row.high], [height, height], color=colour, linewidth=1.3, zorder=2)
            axis.scatter(
                row.value, height, s=20 + 100 * row.weight, marker="s", zorder=3, edgecolors=colour,
                facecolors=colour if row.is_informative else "white",
            )  # fmt: skip
        if row.remark:
            place = (1.01, height)
            axis.annotate(row.remark, place, xycoords=("axes fraction", "data"), fontsize=SMALL, va="center")
    axis.set_yticks(range(len(rows)), [row.label for row in reversed(rows)], fontsize=SMALL)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_xlim(-1, 1)
    label_axes(axis, x_label, "", title)
    handles = [
        Line2D([], [], color=ESTIMATE, marker="s", markersize=5, label="base model"),
        Patch(facecolor=HIGHLIGHT, edgecolor=INK, label="joint"),
        Patch(color=ESTIMATE, alpha=0.15, label="as claimed, and large enough"),
        Patch(color=CONTEXT, alpha=0.25, label=f"too small: |r| < {smallest_effect:g}"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=SMALL, frameon=False)
    return figure
