"""Shared style of the figures: colours for any colour vision and for grey, sizes, small parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]

# Okabe and Ito (2008): told apart with any colour vision, and these three also in grey.
BLUE, ORANGE, GREY, BLACK = "#0072B2", "#D55E00", "#7F7F7F", "#1A1A1A"
FONT, SMALL = 9.0, 8.0


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
    panel.fill_between(at, line - half, line + half, color=GREY, alpha=0.18, linewidth=0, zorder=1)
    panel.plot(at, line, color=BLACK, linewidth=1.2, zorder=2)


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
