"""Rows of points with intervals: rates by persona, leave-one-outs, printed statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from marker_coupling.figures.palette import BY_CHANCE, CONTEXT, HIGHLIGHT, PLAIN, Mark
from marker_coupling.figures.style import SMALL, check_finite, draw_mark, label_axes, new_figure


@dataclass(frozen=True)
class IntervalRow:
    """One row of a figure.

    Parameters
    ----------
    label : at the left
    value, low, high : the point and its interval
    remark : at the right, such as ``"p = 0.039"``
    filled : False for an open mark; the legend gives the meaning
    mark : of the persona that the row is of; the plain one for any other estimate
    """

    label: str
    value: float
    low: float
    high: float
    remark: str = ""
    filled: bool = True
    mark: Mark = PLAIN


@dataclass(frozen=True)
class Guide:
    """A vertical line or band.

    Parameters
    ----------
    label : for the legend
    at : where the line is
    half_width : of a band around it; 0 for a line
    """

    label: str
    at: float
    half_width: float = 0.0


def interval_rows(
    rows: Sequence[IntervalRow],
    x_label: str,
    title: str,
    guides: Sequence[Guide] = (),
    *,
    meaning: tuple[str, str] | None = None,
    percent: bool = False,
    ratio: bool = False,
) -> Figure:
    """Draw one row for each estimate, the first on top.

    Parameters
    ----------
    meaning : of filled and of open points, for the legend
    percent : the values are shares, shown in per cent
    ratio : the values are ratios, shown on a logarithmic scale

    Raises
    ------
    ValueError
        A number is not finite.
    """
    check_finite(rows=[(row.value, row.low, row.high) for row in rows])
    figure, (axis,) = new_figure(1, width=6.2, height=1.25 + 0.27 * len(rows))
    for guide in guides:
        if guide.half_width:
            axis.axvspan(
                guide.at - guide.half_width, guide.at + guide.half_width, color=CONTEXT, alpha=0.2,
                linewidth=0, label=guide.label,
            )  # fmt: skip
        else:
            axis.axvline(guide.at, color=CONTEXT, linestyle="--", linewidth=1, label=guide.label)
    named: set[bool] = set()
    for y, row in enumerate(reversed(rows)):
        name = meaning[0 if row.filled else 1] if meaning and row.filled not in named else None
        named.add(row.filled)
        axis.plot([row.low, row.high], [y, y], color=CONTEXT, linewidth=1.4, zorder=2)
        line = draw_mark(axis, row.value, y, row.mark, row.label, filled=row.filled)
        if name:
            line.set_label(name)
        if row.remark:
            axis.annotate(
                row.remark, (1.01, y), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center"
            )
    axis.set_yticks(range(len(rows)), [row.label for row in reversed(rows)], fontsize=SMALL)
    axis.set_ylim(-0.7, len(rows) - 0.3)
    label_axes(axis, x_label, "", title)
    if percent:
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if ratio:
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if guides or meaning:
        figure.legend(loc="outside lower center", fontsize=SMALL, frameon=False, ncols=3, handletextpad=0.6)
    return figure


def null_distribution(
    shares: np.ndarray, edges: np.ndarray, observed: float, p_value: float, n: int, scheme: str
) -> Figure:
    """Draw the permutation distribution of a correlation, with the observed one.

    Parameters
    ----------
    shares : (bins,) share of permutations in each bin
    edges : (bins + 1,)
    scheme : of the permutations: all, or a random sample
    """
    check_finite(shares=shares, observed=[observed])
    figure, (axis,) = new_figure(1, width=5.2, height=3.2)
    middle = (edges[:-1] + edges[1:]) / 2
    extreme = np.abs(middle) >= abs(observed)
    widths = np.diff(edges)
    axis.bar(middle, shares, widths, color=BY_CHANCE, edgecolor="white", linewidth=0.3, label="permutations")
    axis.bar(
        middle[extreme], shares[extreme], widths[extreme], color=HIGHLIGHT, edgecolor="white", linewidth=0.3,
        label="at least as extreme",
    )  # fmt: skip
    axis.axvline(
        observed, color=HIGHLIGHT, linewidth=1.6, linestyle="--", label=f"observed r = {observed:.2f}"
    )
    label_axes(
        axis, "Pearson r under permutation", "share of permutations", f"{scheme}: p = {p_value:.3f}, N = {n}"
    )
    axis.set_ylim(0, shares.max() * 1.05)
    figure.legend(loc="outside lower center", fontsize=SMALL, frameon=False, ncols=3)
    return figure
