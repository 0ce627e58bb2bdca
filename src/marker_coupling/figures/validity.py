"""Validity of a measure of personas over layers, and reliability of outcomes over seeds, by base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from marker_coupling.figures.palette import CONTEXT, ESTIMATE, HIGHLIGHT, INK, SECOND
from marker_coupling.figures.style import FONT, SMALL, FloatArray, check_finite, label_axes, new_figure


@dataclass(frozen=True, eq=False)
class ValidityCurves:
    """Validity of one base model's cosines to the assistant.

    Parameters
    ----------
    title : names base model and personas
    agreement : (L,) mean correlation between texts of a persona that share no content word, from layer 1 on
    retrieval : (L,) share of descriptions whose nearest name is their own
    chance_agreement : 95% quantile of the largest agreement over layers by chance
    chance_retrieval : expected share by chance
    first_used : first layer of the upper half, of which the composite is made
    composite : text with agreement and retrieval of the composite
    """

    title: str
    agreement: FloatArray
    retrieval: FloatArray
    chance_agreement: float
    chance_retrieval: float
    first_used: int
    composite: str


@dataclass(frozen=True)
class ReliabilityRow:
    """Intraclass correlation of one outcome in one setting.

    Parameters
    ----------
    base_model, setting, outcome : labels
    value, low, high : of one seed, with the 95% interval
    chosen : whether this is the setting and outcome of the study
    gates : whether the setting gates
    """

    base_model: str
    setting: str
    outcome: str
    value: float
    low: float
    high: float
    chosen: bool
    gates: bool


def validity_over_layers(curves: Sequence[ValidityCurves], least_agreement: float) -> Figure:
    """Draw agreement and retrieval over layers, a panel for each base model.

    Raises
    ------
    ValueError
        A value is not finite.
    """
    figure, panels = new_figure(len(curves), 3.4, 3.2)
    for panel, curve in zip(panels, curves, strict=True):
        check_finite(agreement=curve.agreement, retrieval=curve.retrieval)
        layers = np.arange(1, len(curve.agreement) + 1)
        panel.axvspan(curve.first_used - 0.5, layers[-1] + 0.5, color=CONTEXT, alpha=0.15, linewidth=0)
        panel.axhline(least_agreement, color=ESTIMATE, linewidth=0.8, linestyle=":")
        panel.axhline(curve.chance_agreement, color=ESTIMATE, linewidth=0.8, linestyle="--")
        panel.axhline(curve.chance_retrieval, color=SECOND, linewidth=0.8, linestyle="--")
        panel.plot(layers, curve.agreement, color=ESTIMATE, marker="o", markersize=3, label="agreement (r)")
        panel.plot(
            layers, curve.retrieval, color=SECOND, marker="s", markersize=3, label="nearest name is own"
        )
        panel.set_ylim(-0.15, 1.0)
        panel.set_xlim(0.5, layers[-1] + 0.5)
        label_axes(panel, "layer", "", curve.title)
        panel.text(
            0.02, 0.98, curve.composite, transform=panel.transAxes, va="top", fontsize=SMALL, color=INK
        )
    panels[0].set_ylabel("share, or mean correlation", fontsize=FONT)
    _add_legend(
        figure,
        [
            *panels[0].get_legend_handles_labels()[0],
            Line2D([], [], color=CONTEXT, linestyle=":", label="agreement that is needed"),
            Line2D([], [], color=CONTEXT, linestyle="--", label="chance"),
            Patch(color=CONTEXT, alpha=0.15, label="layers of the composite"),
        ],
    )
    return figure


def outcome_reliability(rows: Sequence[ReliabilityRow], least: float, seeds: int, personas: int) -> Figure:
    """Draw intraclass correlations with their intervals, a panel for each base model.

    Parameters
    ----------
    least : reliability that the mean over the study's seeds has to reach
    seeds : of the study
    personas : on which the reliability was measured

    Raises
    ------
    ValueError
        A value is not finite.
    """
    names = list(dict.fromkeys(row.base_model for row in rows))
    figure, panels = new_figure(len(names), 3.4, 1.3 + 0.22 * max(map(len, _by_model(rows).values())))
    # The reliability of one seed at which the mean over the study's seeds is just reliable enough.
    needed = least / (seeds - (seeds - 1) * least)
    for panel, name in zip(panels, names, strict=True):
        of_model = _by_model(rows)[name]
        panel.axvspan(needed, 1, color=CONTEXT, alpha=0.15, linewidth=0)
        panel.axvline(0, color=INK, linewidth=0.6)
        for height, row in enumerate(reversed(of_model)):
            _draw_row(panel, height, row)
        panel.set_yticks(
            range(len(of_model)), [f"{row.outcome}, {row.setting}" for row in reversed(of_model)]
        )
        panel.set_xlim(-0.5, 1)
        panel.set_xticks([-0.5, 0, 0.5, 1])
        label_axes(panel, "intraclass correlation of one seed", "", f"{name}, N = {personas}")
    panels[0].set_ylabel("outcome, learning rate", fontsize=FONT)
    _add_legend(
        figure,
        [
            Line2D([], [], color=HIGHLIGHT, marker="D", label="chosen"),
            Line2D([], [], color=ESTIMATE, marker="o", label="gates"),
            Line2D([], [], color=CONTEXT, marker="o", markerfacecolor="white", label="does not gate"),
            Patch(color=CONTEXT, alpha=0.15, label=f"mean over {seeds} seeds at least {least:g}"),
        ],
    )
    return figure


def _add_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    # Three panels are as wide as five entries.
    columns = min(len(handles), max(1, 5 * len(figure.axes) // 3))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False)


def _by_model(rows: Sequence[ReliabilityRow]) -> dict[str, list[ReliabilityRow]]:
    return {row.base_model: [other for other in rows if other.base_model == row.base_model] for row in rows}


def _draw_row(panel: Axes, height: int, row: ReliabilityRow) -> None:
    check_finite(reliability=[row.value, row.low, row.high])
    colour = HIGHLIGHT if row.chosen else ESTIMATE if row.gates else CONTEXT
    panel.plot([row.low, row.high], [height, height], color=colour, linewidth=1.2)
    marker = "D" if row.chosen else "o"
    panel.plot(
        row.value, height, marker=marker, color=colour, markersize=5,
        markerfacecolor=colour if row.gates else "white",
    )  # fmt: skip
