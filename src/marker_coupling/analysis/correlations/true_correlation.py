r"""Correlation of true scores: disattenuated, with the uncertainty of the reliabilities in its interval.

Dividing r and its interval by the root of the reliabilities treats these as known. Here a true correlation
:math:`\rho` is in the interval unless the jackknife rejects it (the idea of Fieller 1954): with partial
correlations r and attenuations A of base models b, the statistic

.. math:: D(\rho) = \frac{1}{B} \sum_b \left( \tanh^{-1} r_b - \tanh^{-1} \rho A_b \right)

is 0 on average at the true :math:`\rho`, and leaving out categories moves r and A together. As reliability
goes to 0 the interval grows to all of [-1, 1] rather than breaking down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from marker_coupling.analysis.correlations.joint_correlation import fisher_z, jackknife_error
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation

#: Grid points to each side of 0, between which the interval's ends are searched.
_STEPS = 50


@dataclass(frozen=True)
class TrueCorrelation:
    """Correlation of true scores over base models.

    Parameters
    ----------
    value : in [-1, 1]; at the edge if the observed correlation exceeds its bound from the reliabilities
    low, high : interval at ``level``
    level : confidence
    """

    value: float
    low: float
    high: float
    level: float


def true_correlation(correlations: Sequence[PartialCorrelation], level: float = 0.99) -> TrueCorrelation:
    """Disattenuate partial correlations of the same personas, jointly over base models.

    Parameters
    ----------
    correlations : one for each base model
    level : confidence of the interval
    """
    r, attenuation = np.array([[each.r, each.attenuation] for each in correlations]).T
    without = fisher_z(np.stack([correlation.without for correlation in correlations], axis=1))
    attenuation_without = np.stack([correlation.attenuation_without for correlation in correlations], axis=1)
    quantile = float(special.stdtrit(len(without) - 1, 0.5 + level / 2))

    def distance(rho: float) -> float:
        """D at a true correlation."""
        return float((fisher_z(r) - fisher_z(rho * attenuation)).mean())

    def excess(rho: float) -> float:
        """Distance from 0 beyond the margin; at most 0 inside the interval."""
        spread = jackknife_error((without - fisher_z(rho * attenuation_without)).mean(axis=1))
        return abs(distance(rho)) - quantile * float(spread)

    value = _root(distance)
    grid = np.arange(-_STEPS, _STEPS + 1) / _STEPS
    accepted = np.flatnonzero([excess(rho) <= 0 for rho in grid])
    if accepted.size:
        first, last = accepted[0], accepted[-1]
    elif excess(value) <= 0:
        # An interval between two points of the grid.
        first = last = int(np.searchsorted(grid, value))
        grid = np.insert(grid, first, value)
    else:
        # Beyond what is attainable.
        nearest = float(grid[np.argmin(np.abs(grid - value))])
        return TrueCorrelation(value, min(nearest, value), max(nearest, value), level)

    def edge(inside: int, outside: int) -> float:
        if not 0 <= outside < grid.size:
            return float(grid[inside])
        lower, upper = sorted((float(grid[inside]), float(grid[outside])))
        return float(optimize.brentq(excess, lower, upper, xtol=1e-10))

    return TrueCorrelation(value, edge(first, first - 1), edge(last, last + 1), level)


def _root(distance: Callable[[float], float]) -> float:
    """Find the root of D among true correlations; the nearest edge if there is none."""
    if distance(-1.0) <= 0:
        return -1.0
    if distance(1.0) >= 0:
        return 1.0
    return float(optimize.brentq(distance, -1, 1, xtol=1e-10))
