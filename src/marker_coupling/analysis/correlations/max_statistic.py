"""Adjustment over layers by the largest statistic (Westfall and Young)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation
from marker_coupling.analysis.correlations.permutation_test import TIES, permuted_statistics
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, IntArray
from marker_coupling.analysis.data.categories import Categories


def max_statistic_p(
    families: Sequence[Sequence[PartialCorrelation]], categories: Categories, permutations: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Two-sided p of several correlations, such as those at each layer, raw and adjusted for all of them.

    Parameters
    ----------
    families : for each layer the partial correlations of all base models
    permutations : (P, N), the same for all layers, which keeps the dependence between them

    Returns
    -------
    raw, adjusted : (layers,)

    Notes
    -----
    Westfall and Young (1993, Resampling-Based Multiple Testing, algorithm 2.8), step-down: a layer's
    statistic is compared with the largest permuted one among itself and all weaker layers.
    """
    if not families:
        raise AnalysisError("layers: expected at least one")
    observed = np.array([abs(joint_correlation(family).t) for family in families])
    permuted = np.array(
        [np.abs(permuted_statistics(family, categories, permutations)[1]) for family in families]
    )  # (layers, P)
    return step_down(observed, permuted)


def step_down(observed: FloatArray, permuted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Raw and step-down adjusted p-values of statistics, one-sided for large values.

    Parameters
    ----------
    observed : (k,)
    permuted : (k, P)
    """
    count = permuted.shape[1] + 1
    raw = (np.count_nonzero(permuted >= observed[:, None] - TIES, axis=1) + 1) / count
    order = np.argsort(-observed, kind="stable")
    # From the weakest up: the largest among a statistic and all weaker ones.
    largest = np.maximum.accumulate(permuted[order][::-1], axis=0)[::-1]
    exceed = (np.count_nonzero(largest >= observed[order, None] - TIES, axis=1) + 1) / count
    adjusted = np.empty(observed.size)
    adjusted[order] = np.maximum.accumulate(exceed)
    return raw, adjusted
