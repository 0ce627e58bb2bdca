"""Map over layers: the headline at every layer of a base model, adjusted for their number; exploratory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation, partial_correlation
from marker_coupling.analysis.correlations.permutation_test import TIES, permuted_statistics
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, IntArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.composite import composite
from marker_coupling.analysis.data.replicated import over_prompts
from marker_coupling.analysis.data.study_data import BaseModelData
from marker_coupling.analysis.data.variables import COVARIATES, OutcomeName, study_variables


@dataclass(frozen=True, eq=False)
class LayerMap:
    """Partial correlation of cosine and coupling at each layer.

    Parameters
    ----------
    layers : (L,) k of each layer: 0 is the embedding, k the output of block k
    r : (L,) partial correlations
    p, p_adjusted : (L,) two-sided, raw and adjusted for all layers
    """

    layers: tuple[int, ...]
    r: FloatArray
    p: FloatArray
    p_adjusted: FloatArray


def map_layers(
    data: BaseModelData,
    categories: Categories,
    *,
    outcome: OutcomeName = "source",
    permutations: int = 9_999,
    seed: int = 0,
) -> LayerMap:
    """Correlate cosine to the assistant and coupling at each layer, given the covariates.

    Parameters
    ----------
    data : of one base model; layers at which all personas have one cosine are left out
    """
    variables = study_variables(data, outcome)
    covariates = [variables[name] for name in COVARIATES if name in variables]
    spread = np.ptp(data.cosines.assistant.mean(axis=(1, 2)), axis=1)
    indices = np.flatnonzero(spread > 1e-9)
    correlations = [
        partial_correlation(
            over_prompts(composite(data.cosines.assistant[[index]])),
            variables["outcome"],
            covariates,
            categories,
        )
        for index in indices
    ]
    draws = block_permutations(categories, permutations, np.random.default_rng(seed))
    raw, adjusted = max_statistic_p([[correlation] for correlation in correlations], categories, draws)
    layers = tuple(data.cosines.layers[index] for index in indices)
    return LayerMap(layers, np.array([correlation.r for correlation in correlations]), raw, adjusted)


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
