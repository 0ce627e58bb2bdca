"""Gating: the marker's rate under the own prompt less that under all others."""

from __future__ import annotations

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.study_data import BaseModelData, Counts


def pooled_bystanders(data: BaseModelData) -> Counts:
    """Sum counts over the bystanders that were drawn for each source and seed, (N, S).

    Raises
    ------
    AnalysisError
        Bystanders were not sampled, or not for every source and seed.
    """
    if data.bystanders is None:
        raise AnalysisError(f"{data.name}: bystanders: expected counts under other personas' prompts")
    bystanders, shape = data.bystanders, data.own.hits.shape
    cell = bystanders.source * shape[1] + bystanders.seed
    size = shape[0] * shape[1]
    hits, samples = (
        np.bincount(cell, counts, minlength=size).astype(np.float64).reshape(shape)
        for counts in (bystanders.hits, bystanders.samples)
    )
    if (samples == 0).any():
        source, seed = np.argwhere(samples == 0)[0]
        raise AnalysisError(f"{data.name}: bystanders: expected some for source {source} and seed {seed}")
    return Counts(hits, samples)


def gating_by_seed(data: BaseModelData) -> FloatArray:
    """Rate under the own prompt less the mean rate under all other prompts asked, (N, S).

    The other prompts are the assistant's, the two negatives' and, taken together, those of bystanders.
    """
    others = [_rate(data.assistant), _rate(data.negatives).mean(axis=2)]
    if data.bystanders is not None:
        others.append(_rate(pooled_bystanders(data)))
    gating: FloatArray = _rate(data.own) - np.mean(others, axis=0)
    return gating


def _rate(counts: Counts) -> FloatArray:
    return counts.hits / counts.samples
