r"""Random-effects meta-analysis of the base models, as a description: they share personas and are few.

Between-model variance :math:`\tau^2` by REML, the interval after Hartung and Knapp (2001,
doi:10.1002/sim.1009) and Sidik and Jonkman (2002):

.. math:: \hat\mu = \frac{\sum w_b z_b}{\sum w_b}, \quad w_b = \frac{1}{v_b + \tau^2}, \quad
          SE^2 = \frac{\sum w_b (z_b - \hat\mu)^2}{(B - 1) \sum w_b}, \quad t_{B - 1}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers


@dataclass(frozen=True)
class RandomEffects:
    """Mean effect over base models, and heterogeneity between them.

    Parameters
    ----------
    estimate, standard_error, low, high : mean effect with its 95% interval
    between_variance : tau squared
    i2 : share of the variance that lies between base models, 0 to 1 (Higgins and Thompson 2002)
    q : Cochran's heterogeneity statistic
    prediction_low, prediction_high : 95% interval of the effect in another base model
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    between_variance: float
    i2: float
    q: float
    prediction_low: float
    prediction_high: float


def random_effects(effects: ArrayLike, variances: ArrayLike) -> RandomEffects:
    """Summarise effects, such as Fisher's z of each base model.

    Parameters
    ----------
    effects, variances : (B,), B >= 2; variances above 0

    Raises
    ------
    AnalysisError
        Fewer than two effects, or a variance that is not above 0.
    """
    z = numbers("effects", effects, (None,))
    v = numbers("variances", variances, (z.size,))
    if z.size < 2 or (v <= 0).any():
        raise AnalysisError("effects: expected at least two, with variances above 0")
    between = _between_variance(z, v)
    weights = 1 / (v + between)
    estimate = float(weights @ z / weights.sum())
    degrees = z.size - 1
    error = float(np.sqrt(weights @ (z - estimate) ** 2 / (degrees * weights.sum())))
    quantile = float(special.stdtrit(degrees, 0.975))
    fixed = 1 / v
    typical = degrees * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    spread = float(np.sqrt(error**2 + between))
    return RandomEffects(
        estimate=estimate,
        standard_error=error,
        low=estimate - quantile * error,
        high=estimate + quantile * error,
        between_variance=between,
        i2=float(between / (between + typical)),
        q=float(fixed @ (z - fixed @ z / fixed.sum()) ** 2),
        prediction_low=estimate - quantile * spread,
        prediction_high=estimate + quantile * spread,
    )


def _between_variance(z: FloatArray, v: FloatArray) -> float:
    """REML estimate of tau squared (Viechtbauer 2005, doi:10.3102/10769986030003261)."""

    def deviance(between: float) -> float:
        weights = 1 / (v + between)
        mean = weights @ z / weights.sum()
        return float(-np.log(weights).sum() + np.log(weights.sum()) + weights @ (z - mean) ** 2)

    # No estimate exceeds what the effects' own spread allows; a grid finds the valley, as there may be two.
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1, 60) * 4 * (np.ptp(z) ** 2 + v.min())])
    best = int(np.argmin([deviance(between) for between in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    optimum = optimize.minimize_scalar(
        deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-14}
    )
    return float(optimum.x) if deviance(float(optimum.x)) < deviance(0.0) else 0.0
