r"""Power of the joint test, and the number of personas that a power needs.

Fisher's z of one base model has a variance near :math:`1 / (N - k - 3)` with k covariates. The mean over B
base models that share personas has

.. math:: SE^2 = \frac{1 + (B - 1) c}{B (N - k - 3)}

with the correlation c between their z. A correlation of true scores :math:`\rho` appears as :math:`\rho A`
with the attenuation A, the root of the product of both reliabilities.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from marker_coupling.analysis.correlations.joint_correlation import fisher_z
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import Categories

LARGEST_N = 100_000


def power_of_joint_test(
    true_r: float,
    personas: int,
    *,
    attenuation: float = 1.0,
    base_models: int = 1,
    between_models: float = 0.0,
    covariates: int = 3,
    category_size: float = 2.0,
    alpha: float = 0.025,
) -> float:
    """Probability of a significant result in the direction of the effect.

    Parameters
    ----------
    true_r : partial correlation of true scores
    personas : N
    attenuation : factor of a correlation due to error, 0 to 1
    base_models : that share the personas
    between_models : correlation of their z, from 0, independent, to 1, identical
    covariates : number of them held fixed
    category_size : personas in a category; the test has one degree of freedom less than categories
    alpha : one-sided

    Raises
    ------
    AnalysisError
        Too few personas, or a number outside its range.
    """
    degrees = personas / category_size - 1
    room = personas - covariates - 3
    if not (0 < abs(true_r) < 1 and 0 <= attenuation <= 1 and 0 <= between_models <= 1 and base_models >= 1):
        raise AnalysisError(
            "power: expected 0 < |true r| < 1, attenuation and correlation from 0 to 1, a base model"
        )
    if degrees < 1 or room < 1:
        raise AnalysisError(f"power: expected more than {personas} personas")
    error = np.sqrt((1 + (base_models - 1) * between_models) / (base_models * room))
    shift = abs(np.arctanh(true_r * attenuation)) / error
    return float(stats.nct.sf(stats.t.isf(alpha, degrees), degrees, shift))


def needed_personas(true_r: float, power: float = 0.8, **design: float) -> int | None:
    """Fewest personas that give a power; ``None`` if more than 100,000.

    Parameters
    ----------
    true_r : partial correlation of true scores, such as the smallest effect of interest
    power : to reach
    design : further parameters of :func:`power_of_joint_test`
    """
    if not 0 < power < 1:
        raise AnalysisError(f"power: expected a number between 0 and 1, got {power:g}")

    def reaches(personas: int) -> bool:
        return power_of_joint_test(true_r, personas, **design) >= power  # type: ignore[arg-type]

    low = int(max(2 * design.get("category_size", 2.0), design.get("covariates", 3) + 4))
    high = low
    while not reaches(high):
        if high >= LARGEST_N:
            return None
        low, high = high, min(2 * high, LARGEST_N)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def correlation_between_models(correlations: Sequence[PartialCorrelation]) -> float:
    """Mean correlation between base models' z over left-out categories, for planning, from 0 to 1.

    Parameters
    ----------
    correlations : one for each of at least two base models
    """
    if len(correlations) < 2:
        raise AnalysisError("base models: expected at least two")
    matrix = np.corrcoef([fisher_z(correlation.without) for correlation in correlations])
    return float(np.clip(matrix[np.triu_indices(len(matrix), 1)].mean(), 0, 1))


def personas_for_smallest_effect(
    correlations: Sequence[PartialCorrelation],
    categories: Categories,
    smallest_effect: float = 0.3,
    power: float = 0.8,
) -> int | None:
    """Fewest personas for a power at the smallest effect of interest, all else as in a study.

    Parameters
    ----------
    correlations : of the study, one for each base model; the source of attenuation, number of covariates and
        dependence of base models
    categories : of its personas; their mean size is kept
    smallest_effect : absolute correlation of true scores
    power : to reach

    Returns
    -------
    int or None
        ``None`` if more than 100,000.
    """
    alone = len(correlations) == 1
    return needed_personas(
        smallest_effect,
        power,
        attenuation=min(1.0, float(np.mean([correlation.attenuation for correlation in correlations]))),
        base_models=len(correlations),
        between_models=0.0 if alone else correlation_between_models(correlations),
        covariates=correlations[0].covariates.shape[1] - 1,
        category_size=categories.codes.size / categories.count,
    )
