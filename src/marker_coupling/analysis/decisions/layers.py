"""Map over layers: the headline at every layer of a base model, exploratory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.max_statistic import max_statistic_p
from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.data.arrays import FloatArray
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
