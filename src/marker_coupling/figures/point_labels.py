"""Names at points, placed so that none covers another, a point or an error bar."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from marker_coupling.figures.style import BLACK, GREY, SMALL, FloatArray

_ANGLES = np.deg2rad([0, 180, 30, -30, 150, -150, 60, -60, 120, -120, 90, -90])
_DISTANCES = (6, 12, 20, 30, 42, 56, 72, 90)
_MARKER_PIXELS = 5.0


def label_points(
    panel: Axes,
    x: FloatArray,
    y: FloatArray,
    names: Sequence[str],
    bars: Sequence[tuple[float, float]] = (),
    across: Sequence[tuple[float, float]] = (),
) -> list[Annotation]:
    """Write a name at each point; call it when limits and layout are final.

    Candidate places are tried from near to far, point by point from the most crowded on; a name that ends
    up away from its point gets a thin line to it.

    Parameters
    ----------
    x, y : (n,) data coordinates
    bars : (n,) lower and upper end of each point's error bar, which no name may cover
    across : (n,) left and right end of each point's horizontal error bar, likewise
    """
    canvas = panel.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    scale = panel.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    points = panel.transData.transform(np.column_stack([x, y]))
    reach = _MARKER_PIXELS * scale
    obstacles = [Bbox.from_extents(px - reach, py - reach, px + reach, py + reach) for px, py in points]
    for (low, high), (px, _), value in zip(bars, points, x, strict=bool(bars)):
        bottom, top = (panel.transData.transform((value, end))[1] for end in (low, high))
        obstacles.append(Bbox.from_extents(px - 2 * scale, bottom, px + 2 * scale, top))
    for (first, last), (_, py), value in zip(across, points, y, strict=bool(across)):
        left, right = (panel.transData.transform((end, value))[0] for end in (first, last))
        obstacles.append(Bbox.from_extents(left, py - 2 * scale, right, py + 2 * scale))
    obstacles += [text.get_window_extent(renderer) for text in panel.texts]
    inside = panel.get_window_extent(renderer)
    placed: list[Bbox] = []
    labels: list[Annotation] = []
    crowding = [(1 / np.hypot(*(points - point).T).clip(8)).sum() for point in points]
    for index in np.argsort(-np.array(crowding), kind="stable"):
        label = panel.annotate(
            names[index], (x[index], y[index]), (0, 0), textcoords="offset points", fontsize=SMALL - 1,
            color=BLACK, va="center",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip
        # Measured once and moved by arithmetic: measuring is what placing would spend its time on.
        size = Text.get_window_extent(label, renderer)
        best = (math.inf, 0.0, 0.0, Bbox.null())
        for distance, angle in itertools.product(_DISTANCES, _ANGLES):
            dx, dy = distance * math.cos(angle), distance * math.sin(angle)
            box = _box(points[index], dx * scale, dy * scale, size.width, size.height)
            cost = _cost(box, obstacles, placed, inside) + distance / 1000
            if cost < best[0]:
                best = (cost, dx, dy, box)
            if cost < 1:
                break
        _, dx, dy, box = best
        label.set_position((dx, dy))
        label.set_horizontalalignment(_side(dx))
        placed.append(box)
        if math.hypot(dx, dy) < 10 and label.arrow_patch is not None:
            label.arrow_patch.set_visible(False)
        labels.append(label)
    return labels


def _side(dx: float) -> Literal["left", "center", "right"]:
    if abs(dx) < 1e-6:
        return "center"
    return "left" if dx > 0 else "right"


def _box(point: FloatArray, dx: float, dy: float, width: float, height: float) -> Bbox:
    left = point[0] + dx - {"left": 0.0, "center": width / 2, "right": width}[_side(dx)]
    bottom = point[1] + dy - height / 2
    return Bbox.from_bounds(left - 1.5, bottom - 1.5, width + 3, height + 3)


def _cost(box: Bbox, obstacles: list[Bbox], placed: list[Bbox], inside: Bbox) -> float:
    covered = box.count_overlaps(obstacles) + 2 * box.count_overlaps(placed)
    outside = box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0 or box.y1 > inside.y1
    return float(covered + 3 * outside)
