r"""Permutation test of partial correlations, jointly over base models.

Freedman and Lane (1983, doi:10.2307/1391660): residuals of the outcome given the covariates, whitened of the
category effect, are permuted and the correlation with the predictor is computed anew. One permutation of the
personas serves all base models, which keeps the dependence between these. Whole categories of one size
are exchanged, and personas within a category.

The statistic is the mean Fisher z over its standard error over categories. Dividing by the error keeps the
test valid where the spread of the outcome depends on the predictor (DiCiccio and Romano 2017,
doi:10.1080/01621459.2016.1202117), which the plain mean z does not. The observed error is the jackknife's; in
permutations the first-order influence of each category stands for leaving it out:

.. math:: I_i = \frac{w_i e_i - r (w_i^2 + e_i^2) / 2}{1 - r^2}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marker_coupling.analysis.correlations.joint_correlation import LARGEST_R, fisher_z, joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation
from marker_coupling.analysis.data.arrays import FloatArray, IntArray
from marker_coupling.analysis.data.categories import Categories

BoolArray = NDArray[np.bool_]
#: Statistics closer than this differ by rounding only.
TIES = 1e-9
#: Permutations at once, for memory.
_BLOCK = 500


@dataclass(frozen=True)
class PermutationTest:
    """P-values of a joint partial correlation.

    Parameters
    ----------
    p_lower, p_upper : one-sided, for r < 0 and for r > 0
    plain_lower, plain_upper : one-sided, of the mean Fisher z that is not divided by its error
    permutations : number of draws
    """

    p_lower: float
    p_upper: float
    plain_lower: float
    plain_upper: float
    permutations: int


def permutation_test(
    correlations: Sequence[PartialCorrelation], categories: Categories, permutations: IntArray
) -> PermutationTest:
    """Test the association of outcome and predictor given the covariates, jointly over base models.

    Parameters
    ----------
    correlations : one for each base model, of the same personas
    categories : of these personas
    permutations : (P, N) as :func:`.block_permutations` draws them

    Notes
    -----
    p is (b + 1) / (P + 1) for b permutations at least as extreme (Phipson and Smyth 2010,
    doi:10.2202/1544-6115.1585).
    """
    observed = joint_correlation(correlations)
    z, t = permuted_statistics(correlations, categories, permutations)

    def share(extreme: BoolArray) -> float:
        return (int(np.count_nonzero(extreme)) + 1) / (len(permutations) + 1)

    return PermutationTest(
        p_lower=share(t <= observed.t + TIES),
        p_upper=share(t >= observed.t - TIES),
        plain_lower=share(z <= observed.z + TIES),
        plain_upper=share(z >= observed.z - TIES),
        permutations=len(permutations),
    )


def permuted_statistics(
    correlations: Sequence[PartialCorrelation], categories: Categories, permutations: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Mean Fisher z, and the same over its standard error, of permuted outcomes.

    Parameters
    ----------
    permutations : (P, N)

    Returns
    -------
    z, t : (P,)
    """
    blocks = [
        _block_statistics(correlations, categories, permutations[start : start + _BLOCK])
        for start in range(0, len(permutations), _BLOCK)
    ]
    return np.concatenate([z for z, _ in blocks]), np.concatenate([t for _, t in blocks])


def _block_statistics(
    correlations: Sequence[PartialCorrelation], categories: Categories, permutations: IntArray
) -> tuple[FloatArray, FloatArray]:
    order = categories.order
    permuted = permutations[:, order]
    mean_z: FloatArray = np.zeros(len(permuted))
    influence: FloatArray = np.zeros(permuted.shape)
    for correlation in correlations:
        predictor, covariates = correlation.predictor[order], correlation.covariates[order]
        outcome = correlation.outcome[permuted]
        outcome -= (outcome @ covariates) @ covariates.T
        outcome /= np.sqrt(np.einsum("pn,pn->p", outcome, outcome))[:, None]
        r = np.clip(outcome @ predictor, -LARGEST_R, LARGEST_R)
        mean_z += fisher_z(r)
        scale = (1 / (1 - r * r))[:, None]
        half = r[:, None] / 2
        # w e - r (w^2 + e^2) / 2, over 1 - r^2
        influence += scale * (outcome * (predictor - half * outcome) - half * predictor**2)
    by_category = np.add.reduceat(influence, categories.starts, axis=1)
    by_category -= by_category.mean(axis=1, keepdims=True)
    groups = categories.count
    squares = np.einsum("pg,pg->p", by_category, by_category)
    error = np.sqrt(groups / (groups - 1) * squares) / len(correlations)
    mean_z /= len(correlations)
    return mean_z, mean_z / error
