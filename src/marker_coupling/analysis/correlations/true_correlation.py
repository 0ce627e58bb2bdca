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
from marker_coupling.analysis.data.arrays import FloatArray

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
    statistic = _Statistic.of(correlations, level)
    grid = np.arange(-_STEPS, _STEPS + 1) / _STEPS
    distance, margin = statistic.at(grid)
    accepted = np.flatnonzero(np.abs(distance) <= margin)
    value = _root(lambda rho: float(statistic.at(np.array([rho]))[0][0]))
    if accepted.size == 0:
        # Between two points of the grid, or beyond what is attainable.
        first = last = int(np.argmin(np.abs(grid - value)))
        return TrueCorrelation(value, float(min(grid[first], value)), float(max(grid[last], value)), level)

    def edge(inside: int, outside: int) -> float:
        if not 0 <= outside < grid.size:
            return float(grid[inside])

        def excess(rho: float) -> float:
            away, allowed = statistic.at(np.array([rho]))
            return float(abs(away[0]) - allowed[0])

        ends = sorted((float(grid[inside]), float(grid[outside])))
        return float(optimize.brentq(excess, ends[0], ends[1], xtol=1e-10))

    low, high = edge(accepted[0], accepted[0] - 1), edge(accepted[-1], accepted[-1] + 1)
    return TrueCorrelation(value, low, high, level)


@dataclass(frozen=True, eq=False)
class _Statistic:
    r: FloatArray  # (B,)
    attenuation: FloatArray  # (B,)
    without: FloatArray  # (G, B)
    attenuation_without: FloatArray  # (G, B)
    quantile: float

    @classmethod
    def of(cls, correlations: Sequence[PartialCorrelation], level: float) -> _Statistic:
        without = np.stack([correlation.without for correlation in correlations], axis=1)
        return cls(
            np.array([correlation.r for correlation in correlations]),
            np.array([correlation.attenuation for correlation in correlations]),
            without,
            np.stack([correlation.attenuation_without for correlation in correlations], axis=1),
            float(special.stdtrit(without.shape[0] - 1, 0.5 + level / 2)),
        )

    def at(self, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return D and its margin around 0, both (k,), at true correlations (k,)."""
        distance = (fisher_z(self.r) - fisher_z(np.outer(rho, self.attenuation))).mean(axis=-1)
        without = fisher_z(self.without)[:, None] - fisher_z(rho[:, None] * self.attenuation_without[:, None])
        margin: FloatArray = self.quantile * jackknife_error(without.mean(axis=-1))
        return distance, margin


def _root(distance: Callable[[float], float]) -> float:
    """Find the root of D among true correlations; the nearest edge if there is none."""
    if distance(-1.0) <= 0:
        return -1.0
    if distance(1.0) >= 0:
        return 1.0
    return float(optimize.brentq(distance, -1, 1, xtol=1e-10))
