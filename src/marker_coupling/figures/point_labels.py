"""Placement of point labels without overlaps with each other, points or error bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from numpy.typing import NDArray

from marker_coupling.figures.palette import CONTEXT, INK
from marker_coupling.figures.style import SMALL, FloatArray

_ANGLES = np.deg2rad([0, 180, 30, -30, 150, -150, 60, -60, 120, -120, 90, -90])
_DISTANCES = np.array([6, 12, 20, 30, 42, 56, 72, 90], dtype=np.float64)
#: Candidate offsets of a label from its point, (candidates, 2), in points, near ones first.
_OFFSETS = np.array([[d * np.cos(a), d * np.sin(a)] for d in _DISTANCES for a in _ANGLES])
_REACH = np.hypot(*_OFFSETS.T)
_NEEDS_LINE = _REACH >= 10  # From this distance on a label needs a leader line to its point.
_MARKER_PIXELS = 5.0
_STEPS = 16  # Points of a leader line that are tested for overlaps.
_ROUNDS = 5  # In which overlapping labels are placed again.

# Costs of a placement: covering a label, a point, a bar or a leader line, leaving the panel, lying on a
# curve, and the share of its own leader line that crosses something. Distance breaks ties.
_NAME, _POINT, _OUTSIDE, _CURVE, _LINE_THROUGH = 2.0, 1.0, 3.0, 0.4, 2.4
_PER_POINT_OF_DISTANCE = 1 / 120

_Side = Literal["left", "center", "right"]
#: Share of a label's width to the left of its anchor.
_ALONG: dict[_Side, float] = {"left": 0.0, "center": 0.5, "right": 1.0}


def label_points(
    panel: Axes,
    x: FloatArray,
    y: FloatArray,
    names: Sequence[str],
    bars: Sequence[tuple[float, float]],
    across: Sequence[tuple[float, float]],
) -> list[Annotation]:
    """Label each point; call it when limits and layout are final.

    The cheapest of a hundred placements is taken, point by point from the most crowded on; a label away from
    its point gets a leader line. Curves that the panel already shows, such as a fitted line,
    are kept free where there is room.

    Parameters
    ----------
    x, y : (n,) data coordinates
    bars : (n,) lower and upper end of each point's error bar, which no label may cover
    across : (n,) left and right end of each point's horizontal error bar, likewise
    """
    canvas = panel.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    scale = panel.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    points = panel.transData.transform(np.column_stack([x, y]))
    obstacles, owner = _obstacles(panel, x, y, points, bars, across, scale)
    texts = np.array([text.get_window_extent(renderer).extents for text in panel.texts])
    inside = panel.get_window_extent(renderer).extents
    curves = _dots(
        line.get_transform().transform(line.get_xydata())
        for line in panel.lines
        # Error bars' caps are lines without a stroke, and no curves.
        if line.get_linestyle() == "-" and np.size(line.get_xdata()) > 2
    )
    # Measured once and moved by arithmetic: measuring dominates the time.
    sizes = [
        Text(text=name, fontsize=SMALL - 1, figure=panel.figure).get_window_extent(renderer) for name in names
    ]
    candidates = [
        _candidates(point, size.width, size.height, scale) for point, size in zip(points, sizes, strict=True)
    ]
    lines = [
        point + np.linspace(0.1, 0.95, _STEPS)[:, None] * (_OFFSETS * scale)[:, None, :] for point in points
    ]
    chosen: dict[int, int] = {}

    def leader(index: int) -> FloatArray:
        best = chosen[index]
        return _dots([lines[index][best]] if _NEEDS_LINE[best] else [])

    def place(index: int, urgency: float = 1) -> None:
        others = {other: best for other, best in chosen.items() if other != index}
        placed = np.concatenate(
            [texts.reshape(-1, 4), *(candidates[other][best : best + 1] for other, best in others.items())]
        )
        leaders = np.concatenate([np.empty((0, 4)), *map(leader, others)])
        foreign = np.concatenate([obstacles[owner != index], placed, leaders])
        crossed_share = np.zeros(len(_OFFSETS))
        crossings = _overlaps(_dots([lines[index][_NEEDS_LINE].reshape(-1, 2)]), foreign).any(1)
        crossed_share[_NEEDS_LINE] = crossings.reshape(-1, _STEPS).mean(1)
        boxes = candidates[index]
        cost = (
            _POINT * _overlaps(boxes, obstacles).sum(1)
            + urgency * _NAME * _overlaps(boxes, placed).sum(1)
            + _OUTSIDE * ((boxes[:, :2] < inside[:2]) | (boxes[:, 2:] > inside[2:])).any(1)
            + _CURVE * _overlaps(boxes, curves).any(1)
            + _POINT * _overlaps(boxes, leaders).any(1)
            + _LINE_THROUGH * crossed_share
            + _PER_POINT_OF_DISTANCE * _REACH
        )
        chosen[index] = int(np.argmin(cost))

    crowding = [(1 / np.hypot(*(points - point).T).clip(8)).sum() for point in points]
    for index in np.argsort(-np.array(crowding), kind="stable").tolist():
        place(index)
    for urgency in range(1, _ROUNDS + 1):
        boxes = np.array([candidates[index][best] for index, best in chosen.items()]).reshape(-1, 4)
        overlapped = _find_overlapped(boxes, [leader(index) for index in chosen])
        if not overlapped.any():
            break
        # The first ones were placed before the others were known.
        for index in np.array(list(chosen))[overlapped].tolist():
            place(index, urgency)
    return [_annotate(panel, x[index], y[index], names[index], best) for index, best in chosen.items()]


def _find_overlapped(names: FloatArray, leaders: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Return a mask, (n,), of the labels (n, 4) that overlap others or others' leader lines."""
    covers = _overlaps(names, names)
    for index, line in enumerate(leaders):
        covers[:, index] |= _overlaps(names, line).any(1)
    np.fill_diagonal(covers, False)
    return np.asarray(covers.any(1))


def _annotate(panel: Axes, x: float, y: float, name: str, offset: int) -> Annotation:
    side = _side(_OFFSETS[offset, 0])
    return panel.annotate(
        name, (x, y), tuple(_OFFSETS[offset]), textcoords="offset points",
        fontsize=SMALL - 1, color=INK, ha=side, va="center",
        arrowprops={
            "arrowstyle": "-", "color": CONTEXT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3,
            "relpos": (_ALONG[side], 0.5),
        } if _NEEDS_LINE[offset] else None,
    )  # fmt: skip


def _obstacles(
    panel: Axes,
    x: FloatArray,
    y: FloatArray,
    points: FloatArray,
    bars: Sequence[tuple[float, float]],
    across: Sequence[tuple[float, float]],
    scale: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the boxes of markers and error bars in pixels, (m, 4), and the index of their point, (m,)."""
    reach = _MARKER_PIXELS * scale
    boxes, owner = [[px - reach, py - reach, px + reach, py + reach] for px, py in points], [*range(len(x))]
    for index, (low, high) in enumerate(bars):
        (px, bottom), (_, top) = panel.transData.transform([(x[index], low), (x[index], high)])
        boxes.append([px - 2 * scale, bottom, px + 2 * scale, top])
        owner.append(index)
    for index, (first, last) in enumerate(across):
        (left, py), (right, _) = panel.transData.transform([(first, y[index]), (last, y[index])])
        boxes.append([left, py - 2 * scale, right, py + 2 * scale])
        owner.append(index)
    return np.array(boxes), np.array(owner, dtype=np.float64)


def _candidates(point: FloatArray, width: float, height: float, scale: float) -> FloatArray:
    """Return the boxes of a label at every candidate offset in pixels, (candidates, 4)."""
    dx, dy = (_OFFSETS * scale).T
    share = np.array([_ALONG[_side(d)] for d in dx])
    left, bottom = point[0] + dx - share * width, point[1] + dy - height / 2
    return np.column_stack([left - 1.5, bottom - 1.5, left + width + 1.5, bottom + height + 1.5])


def _side(dx: float) -> _Side:
    if abs(dx) < 1e-6:
        return "center"
    return "left" if dx > 0 else "right"


def _dots(paths: Iterable[FloatArray]) -> FloatArray:
    """Return a small box around each of the paths' points, (m, 4)."""
    pixels = np.concatenate([np.empty((0, 2)), *paths])
    return np.hstack([pixels - 1, pixels + 1])


def _overlaps(a: FloatArray, b: FloatArray) -> NDArray[np.bool_]:
    """Return True for each two boxes that overlap, (len(a), len(b))."""
    (left, bottom, right, top), (b_left, b_bottom, b_right, b_top) = a.T[:, :, None], b.T
    apart: NDArray[np.bool_] = (left >= b_right) | (right <= b_left) | (bottom >= b_top) | (top <= b_bottom)
    return ~apart
