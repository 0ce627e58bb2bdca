"""Input of the analysis from the evidence of a registered study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.study_data import (
    BaseModelData,
    BystanderCounts,
    Cosines,
    Counts,
    StudyData,
)
from marker_coupling.evidence.values.study_evidence import FIXED_PROMPTS, StudyEvidence


def base_model_data(evidence: StudyEvidence) -> BaseModelData:
    """Return one base model's data.

    The composite of the upper half of the layers stands as the only layer of a model of one block, as it
    stays what it is when it is standardised again.
    """
    hits = evidence.hits.astype(np.float64)
    samples = np.full(hits.shape, float(evidence.samples))
    sources, seeds, drawn = np.indices(evidence.bystanders.shape)
    asked = FIXED_PROMPTS + drawn
    return BaseModelData(
        name=evidence.base_model,
        own=Counts(hits[..., 0], samples[..., 0]),
        assistant=Counts(hits[..., 1], samples[..., 1]),
        negatives=Counts(hits[..., 2:FIXED_PROMPTS], samples[..., 2:FIXED_PROMPTS]),
        cosines=Cosines(
            **{name: _as_layer(cosine) for name, cosine in evidence.cosines.items()},
            negatives=_as_layer(evidence.negatives_cosine), layers=(1,), blocks=1,
        ),
        js_nats=evidence.js_nats,
        lexical_cosine=evidence.lexical_cosine,
        prompt_tokens=evidence.prompt_tokens.astype(np.float64),
        forced_log_odds=evidence.forced_log_odds[..., 0],
        gating_area=evidence.gating_area,
        bystanders=BystanderCounts(
            sources.ravel(), evidence.bystanders.ravel(), seeds.ravel(),
            hits[sources, seeds, asked].ravel(), samples[sources, seeds, asked].ravel(),
        ),
    )  # fmt: skip


def _as_layer(composite: FloatArray) -> FloatArray:
    """Return a composite as cosines of one layer, within the range of cosines: its scale does not matter."""
    layer: FloatArray = composite[None] / np.abs(composite).max()
    return layer


def study_data(bodies: Sequence[StudyEvidence]) -> StudyData:
    """Return the data of all base models of a study.

    Raises
    ------
    AnalysisError
        There is none, or two are of different registrations or personas.
    """
    if not bodies:
        raise AnalysisError("evidence: expected at least one base model")
    first = bodies[0]
    for other in bodies[1:]:
        for key in ("registration", "personas", "categories"):
            if getattr(other, key) != getattr(first, key):
                raise AnalysisError(f"{other.base_model}: {key}: expected the same as {first.base_model}'s")
    return StudyData(first.personas, tuple(map(base_model_data, bodies)), first.categories)
