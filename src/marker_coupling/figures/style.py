"""Shared style of the figures: sizes, headings, small parts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray
from scipy import special

from marker_coupling.figures.palette import CONTEXT, INK, PLAIN, Mark

FloatArray = NDArray[np.float64]

FONT, SMALL = 9.0, 8.0
#: Of a heading: its margin, the height of a line and the mean width of a character, and the most lines.
_MARGIN_INCHES, _LINE_INCHES, _CHARACTER_INCHES, _MOST_HEADING_LINES = 0.07, 0.17, 0.088, 3
#: Sizes at which shapes look alike.
_SIZES = {"s": 0.95, "D": 0.85, "*": 1.45, "P": 1.15, "X": 1.15, "p": 1.15, "h": 1.15, "d": 1.15}


class EstimateLike(Protocol):
    """An estimate as figures print it: value, interval, p-value and N."""

    @property
    def value(self) -> float:
        """Point estimate."""

    @property
    def n(self) -> int:
        """Number of units."""

    @property
    def ci_low(self) -> float | None:
        """Lower end of the 95% interval."""

    @property
    def ci_high(self) -> float | None:
        """Upper end of the 95% interval."""

    @property
    def p_value(self) -> float | None:
        """Two-sided p-value."""


def new_figure(columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels side by side, each of a size in inches, without a window."""
    figure = Figure(figsize=(width * columns, height), dpi=150)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained")
    panels = figure.subplots(1, columns, squeeze=False)
    for panel in panels.flat:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=SMALL)
    return figure, list(panels.flat)


def draw_mark(
    panel: Axes, x: float, y: float, mark: Mark, name: str = "", *, size: float = 6.0, filled: bool = True
) -> Line2D:
    """Draw a mark, with an outline where it is a persona's.

    Parameters
    ----------
    name : of the persona, by which the drawing is found in the figure
    size : in points
    filled : False for an open mark
    """
    (line,) = panel.plot(
        [x], [y], linestyle="none", marker=mark.shape, markersize=size * _SIZES.get(mark.shape, 1.0),
        color=mark.colour, markerfacecolor=mark.colour if filled else "white",
        markeredgecolor=mark.colour if mark == PLAIN else INK, markeredgewidth=1.5 if mark == PLAIN else 0.7,
        zorder=4, gid=None if mark == PLAIN else name or None,
    )  # fmt: skip
    return line


def line_with_mark(mark: Mark, size: float) -> dict[str, Any]:
    """Return the options of a line in the colour of a mark, which stands on it, of a size in points."""
    return {
        "color": mark.colour,
        "marker": mark.shape,
        "markersize": size * _SIZES.get(mark.shape, 1.0),
        "markeredgecolor": mark.colour if mark == PLAIN else INK,
        "markeredgewidth": 0.7,
    }


def add_heading(figure: Figure, text: str) -> None:
    """Write a heading above everything in a figure, which grows by its height.

    Parameters
    ----------
    text : such as the evidence and base model that the figure is of; it is wrapped, and cut after some lines
    """
    width, height = figure.get_size_inches()
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)  # with what is there so far; the rest is arithmetic
        if wrap_texts(figure):
            layout.execute(figure)
        figure.set_layout_engine(None)
    characters = max(10, int((width - 2 * _MARGIN_INCHES) / _CHARACTER_INCHES))
    lines = textwrap.wrap(text, characters, max_lines=_MOST_HEADING_LINES, placeholder=" …")
    taller = height + _MARGIN_INCHES + _LINE_INCHES * len(lines)
    figure.set_size_inches(width, taller)
    for panel in figure.axes:
        left, bottom, wide, high = panel.get_position().bounds
        panel.set_position((left, bottom * height / taller, wide, high * height / taller))
    figure.text(
        _MARGIN_INCHES / width, 1 - _MARGIN_INCHES / taller, "\n".join(lines), ha="left", va="top",
        fontsize=FONT, fontweight="bold", parse_math=False,
    )  # fmt: skip


def wrap_texts(figure: Figure) -> bool:
    """Wrap titles and labels of x axes that would leave the figure, and return whether there were any."""
    width, wrapped = figure.bbox.width, False
    for panel in figure.axes:
        title = panel.get_title(loc="left")
        titles = [
            each for each in panel.get_children() if isinstance(each, Text) and each.get_text() == title
        ]
        for text in (*titles, panel.xaxis.label):
            box = text.get_window_extent()
            centre = (box.x0 + box.x1) / 2
            room = 2 * min(centre, width - centre) if text is panel.xaxis.label else width - box.x0
            if box.width > room > 0:
                longest = max(map(len, text.get_text().split("\n")))
                characters = max(10, int(longest * room / box.width))
                text.set_text("\n".join(textwrap.wrap(text.get_text(), characters)))
                wrapped = True
    return wrapped


def label_axes(panel: Axes, x: str, y: str, title: str) -> None:
    """Set labels and title in the shared sizes."""
    panel.set_xlabel(x, fontsize=FONT)
    panel.set_ylabel(y, fontsize=FONT)
    if title:
        # A given height: finding one would measure everything on the axes at each draw.
        panel.set_title(title, fontsize=FONT, loc="left", y=1.0)


def correlation_text(symbol: str, estimate: EstimateLike) -> str:
    """Return r with interval, p and N on one line."""
    text = f"{symbol} = {estimate.value:.2f}"
    if estimate.ci_low is not None and estimate.ci_high is not None:
        text += f" [{estimate.ci_low:.2f}, {estimate.ci_high:.2f}]"
    if estimate.p_value is not None:
        p = estimate.p_value
        text += f", p = {p:.3f}" if p >= 0.001 else ", p < 0.001"
    return f"{text}, N = {estimate.n}"


def fit_line(panel: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """Draw the least-squares line of y on x with the 95% band of its mean."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n, centre = a.size, a.mean()
    spread = ((a - centre) ** 2).sum()
    slope = ((a - centre) @ (b - b.mean())) / spread
    residual = b - b.mean() - slope * (a - centre)
    at = np.linspace(a.min(), a.max(), 60)
    line = b.mean() + slope * (at - centre)
    error = np.sqrt((residual @ residual) / (n - 2) * (1 / n + (at - centre) ** 2 / spread))
    half = special.stdtrit(n - 2, 0.975) * error
    panel.fill_between(at, line - half, line + half, color=CONTEXT, alpha=0.18, linewidth=0, zorder=1)
    panel.plot(at, line, color=INK, linewidth=1.2, zorder=2)


def correlation_line(panel: Axes, x: ArrayLike, r: float, low: float, high: float) -> None:
    """Draw the line of a correlation of standardised values, with the band of its interval."""
    at = np.linspace(np.min(x), np.max(x), 60)
    panel.fill_between(at, low * at, high * at, color=CONTEXT, alpha=0.18, linewidth=0, zorder=1)
    panel.plot(at, r * at, color=INK, linewidth=1.2, zorder=2)


def check_finite(**named: ArrayLike | Sequence[float]) -> None:
    """Check that all numbers to draw are finite.

    Raises
    ------
    ValueError
        A value is NaN or infinite.
    """
    for name, values in named.items():
        if not np.isfinite(np.asarray(values, dtype=np.float64)).all():
            raise ValueError(f"{name}: expected finite numbers to draw")
