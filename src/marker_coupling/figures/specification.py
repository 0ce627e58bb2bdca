"""Specification curve: estimates in order, and below each the choices that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from marker_coupling.figures.palette import CONTEXT, ESTIMATE, HIGHLIGHT, INK
from marker_coupling.figures.style import FONT, SMALL, check_finite, label_axes


def specification_figure(
    choices: Sequence[Mapping[str, str]],
    r: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    title: str,
    caption: str,
    *,
    registered: Mapping[str, str],
) -> Figure:
    """Draw a specification curve.

    Parameters
    ----------
    choices : (K,) of each estimate, by kind of choice
    r, low, high : (K,) estimates in order, with their intervals
    caption : the joint test of the curve, printed in the panel
    registered : choices of the registered analysis; estimates that have all of them are marked

    Raises
    ------
    ValueError
        A number is not finite.
    """
    values, lower, upper = (np.asarray(array, dtype=np.float64) for array in (r, low, high))
    check_finite(r=values, low=lower, high=upper)
    kinds = {kind: list(dict.fromkeys(each[kind] for each in choices)) for kind in choices[0]}
    rows = [(kind, choice) for kind, of_kind in kinds.items() for choice in of_kind]
    figure = Figure(figsize=(8.6, 3.0 + 0.2 * len(rows)), dpi=150)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained")
    curve, marks = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 0.2 * len(rows)])
    at = np.arange(len(values))
    is_registered = np.array([all(each[kind] == registered[kind] for kind in registered) for each in choices])
    beyond = (lower > 0) | (upper < 0)
    colours = np.where(is_registered, HIGHLIGHT, np.where(beyond, ESTIMATE, CONTEXT))
    curve.vlines(at, lower, upper, color=colours, linewidth=0.8, alpha=0.6)
    curve.scatter(at, values, s=np.where(is_registered, 26, 7), color=colours, zorder=3)
    curve.axhline(0, color=INK, linewidth=0.8)
    bottom, top = curve.get_ylim()
    curve.set_ylim(bottom, top + 0.2 * (top - bottom))
    label_axes(curve, "", "partial r (95% interval)", title)
    curve.text(
        0.01, 0.98, caption, transform=curve.transAxes, va="top", fontsize=SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    for row, (kind, choice) in enumerate(rows):
        chosen = np.array([each[kind] == choice for each in choices])
        marks.scatter(at[chosen], np.full(chosen.sum(), row), s=9, marker="|", color=colours[chosen])
    marks.set_yticks(range(len(rows)), [f"{kind}: {choice}" for kind, choice in rows], fontsize=SMALL)
    marks.set_ylim(len(rows) - 0.5, -0.5)
    for boundary in np.cumsum([len(of_kind) for of_kind in kinds.values()])[:-1]:
        marks.axhline(boundary - 0.5, color=CONTEXT, linewidth=0.5)
    marks.set_xlabel(
        "specifications by their estimates (orange: registered choices; blue: interval without 0)",
        fontsize=FONT,
    )
    for panel in (curve, marks):
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=SMALL)
    return figure
