"""Parts of a whole, stacked, one bar for each base model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from marker_coupling.figures.palette import CONTEXT, ESTIMATE, INK, NEGATIVES, SAMPLING, SEED
from marker_coupling.figures.style import SMALL, check_finite, label_axes, new_figure

#: Of the parts in their order: the persona's, the seed's, negatives, sampling of answers, unexplained.
_COLOURS = (ESTIMATE, SEED, NEGATIVES, SAMPLING, CONTEXT)
_LEAST_LABELLED = 0.04


def stacked_parts(
    labels: Sequence[str],
    parts: Mapping[str, Sequence[float]],
    x_label: str,
    title: str,
    *,
    remarks: Sequence[str] = (),
) -> Figure:
    """Draw one bar for each label, the first on top, divided into shares of its sum.

    Parameters
    ----------
    parts : size of each part in every bar; a negative one, as a variance estimated as such, is drawn as none
    remarks : at the right of each bar

    Raises
    ------
    ValueError
        A number is not finite, or a bar has no part above 0.
    """
    sizes = np.array([parts[name] for name in parts], dtype=np.float64)
    check_finite(parts=sizes)
    drawn = np.clip(sizes, 0, None)
    if (drawn.sum(axis=0) <= 0).any():
        raise ValueError("parts: expected one above 0 in every bar")
    shares = drawn / drawn.sum(axis=0)
    figure, (axis,) = new_figure(1, width=7.4, height=1.35 + 0.42 * len(labels))
    heights = np.arange(len(labels))[::-1]
    starts = np.zeros(len(labels))
    for name, share, colour in zip(parts, shares, _COLOURS, strict=False):
        axis.barh(heights, share, left=starts, height=0.62, color=colour, label=name, linewidth=0)
        for height, start, width in zip(heights, starts, share, strict=True):
            if width >= _LEAST_LABELLED:
                axis.text(
                    start + width / 2, height, f"{width:.0%}", ha="center", va="center", fontsize=SMALL,
                    color="white" if colour in (ESTIMATE, NEGATIVES, CONTEXT) else INK,
                )  # fmt: skip
        starts = starts + share
    for height, remark in zip(heights, remarks, strict=False):
        axis.annotate(remark, (1.01, height), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center")
    axis.set_yticks(heights, labels, fontsize=SMALL)
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    label_axes(axis, x_label, "", title)
    figure.legend(loc="outside lower center", fontsize=SMALL, frameon=False, ncols=3, handletextpad=0.6)
    return figure
