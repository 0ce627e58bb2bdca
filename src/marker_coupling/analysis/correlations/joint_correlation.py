r"""Partial correlations of several base models that share personas, as one.

The joint effect is the mean of Fisher's z over base models. As the personas are the same, its error comes
from leaving out one category of personas in all base models at once (delete-one jackknife, Shao and Tu 1995,
The Jackknife and Bootstrap, section 2.3, by cluster):

.. math:: SE^2 = \frac{G - 1}{G} \sum_g (\bar z_{(g)} - \bar z_{(\cdot)})^2,

with Student's t on G - 1 degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray

#: Correlations are clipped to this, as Fisher's z is infinite at 1.
LARGEST_R = 1 - 1e-12


@dataclass(frozen=True)
class JointCorrelation:
    """Mean Fisher z over base models, with its error over categories of personas.

    Parameters
    ----------
    r : the hyperbolic tangent of the mean z
    z, standard_error : on Fisher's scale
    low, high : 95% interval of r
    t : z over its standard error
    degrees_of_freedom : categories less one
    p_lower, p_upper : one-sided p by Student's t, for r < 0 and for r > 0
    base_models : their number
    """

    r: float
    z: float
    standard_error: float
    low: float
    high: float
    t: float
    degrees_of_freedom: int
    p_lower: float
    p_upper: float
    base_models: int

    @property
    def weight(self) -> float:
        """The share of each base model in the mean z, the same for all."""
        return 1 / self.base_models


def fisher_z(r: FloatArray | float) -> FloatArray:
    """Fisher's z of correlations, finite at 1."""
    z: FloatArray = np.arctanh(np.clip(r, -LARGEST_R, LARGEST_R))
    return z


def jackknife_error(without: FloatArray) -> FloatArray:
    """Jackknife standard error of a statistic from its values with each unit left out, (G, ...) to (...)."""
    count = without.shape[0]
    error: FloatArray = np.sqrt((count - 1) / count * np.sum((without - without.mean(axis=0)) ** 2, axis=0))
    return error


def jackknife_half_width(without: FloatArray) -> FloatArray:
    """Half width of the 95% jackknife interval: Student's t, with one degree of freedom less than units.

    Raises
    ------
    AnalysisError
        There is one unit, of which nothing can be left out.
    """
    if len(without) < 2:
        raise AnalysisError(f"categories: expected at least two, got {len(without)}")
    half: FloatArray = special.stdtrit(without.shape[0] - 1, 0.975) * jackknife_error(without)
    return half


def joint_correlation(correlations: Sequence[PartialCorrelation]) -> JointCorrelation:
    """Average partial correlations of the same personas over base models.

    Raises
    ------
    AnalysisError
        No base model, other categories in one than in another, or correlations without any spread.
    """
    if not correlations or len({correlation.without.size for correlation in correlations}) != 1:
        raise AnalysisError("base models: expected at least one, all with the same categories of personas")
    z = float(np.mean([fisher_z(correlation.r) for correlation in correlations]))
    without = np.mean([fisher_z(correlation.without) for correlation in correlations], axis=0)
    error = float(jackknife_error(without))
    if error <= 1e-12:
        raise AnalysisError("base models: expected correlations that depend on the personas, got no spread")
    degrees = without.size - 1
    half = float(special.stdtrit(degrees, 0.975)) * error
    return JointCorrelation(
        r=float(np.tanh(z)),
        z=z,
        standard_error=error,
        low=float(np.tanh(z - half)),
        high=float(np.tanh(z + half)),
        t=z / error,
        degrees_of_freedom=degrees,
        p_lower=float(special.stdtr(degrees, z / error)),
        p_upper=float(special.stdtr(degrees, -z / error)),
        base_models=len(correlations),
    )
