"""Assembly of what the analysis takes from couplings and geometry of a registered study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marker_coupling.analysis.data.study_data import BaseModelData, BystanderCounts, Cosines, Counts
from marker_coupling.analysis.validity.validity_check import CalibrationGeometry
from marker_coupling.measures.coupling import Coupling, FloatArray
from marker_coupling.measures.persona_geometry import PersonaGeometry
from marker_coupling.pipeline.plan.outcome_calibration import by_persona_and_seed, outcome_scores
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.registration import Registration


def base_model_data(
    name: str,
    registration: Registration,
    couplings: Mapping[AdapterTask, Coupling],
    geometry: PersonaGeometry,
    seeds: Sequence[int],
) -> BaseModelData:
    """Return one base model's data for the analysis.

    Parameters
    ----------
    couplings : of every source in every seed
    geometry : of the same sources, in the order of the couplings
    seeds : of the study
    """
    sources, cells = by_persona_and_seed(couplings, seeds)
    hits = np.array([[coupling.hits.sum(axis=1) for coupling in of_persona] for of_persona in cells])
    first = cells[0][0]
    samples = np.full(hits.shape, first.hits.shape[1] * first.samples)
    return BaseModelData(
        name=name,
        own=Counts(hits[..., 0], samples[..., 0]),
        assistant=Counts(hits[..., 1], samples[..., 1]),
        negatives=Counts(hits[..., 2:4], samples[..., 2:4]),
        cosines=_cosines(registration, geometry, seeds),
        js_nats=geometry.js_nats.astype(np.float64),
        lexical_cosine=geometry.lexical_cosine[0].astype(np.float64),
        prompt_tokens=geometry.prompt_tokens[0].astype(np.float64),
        forced_log_odds=outcome_scores(cells, "forced"),
        gating_area=outcome_scores(cells, "area"),
        bystanders=_bystanders(sources, cells, hits, samples),
    )


def calibration_geometry(geometry: PersonaGeometry) -> CalibrationGeometry:
    """Return the calibration personas' geometry for the check of validity."""
    layers = len(geometry.assistant)
    return CalibrationGeometry(
        cosines=geometry.assistant.astype(np.float64),
        similarity=geometry.similarity[:, 1:].astype(np.float64),
        lexical_cosine=geometry.lexical_cosine.astype(np.float64),
        tokens=geometry.prompt_tokens.astype(np.float64),
        layers=tuple(range(1, layers + 1)),
        blocks=layers,
    )


def _cosines(registration: Registration, geometry: PersonaGeometry, seeds: Sequence[int]) -> Cosines:
    pairs = list(registration.personas.negatives.pairs)
    first = 2 * np.array([pairs.index(seed) for seed in seeds])
    negatives = (geometry.negatives[..., first] + geometry.negatives[..., first + 1]) / 2
    layers = len(geometry.assistant)
    assistant, panel, others, of_negatives = (
        array.astype(np.float64) for array in (geometry.assistant, geometry.panel, geometry.others, negatives)
    )
    return Cosines(assistant, panel, others, of_negatives, tuple(range(1, layers + 1)), layers)


def _bystanders(
    sources: Sequence[str], cells: Sequence[Sequence[Coupling]], hits: FloatArray, samples: FloatArray
) -> BystanderCounts:
    """Return the counts under the prompts behind own, assistant and two negatives."""
    index = {source: number for number, source in enumerate(sources)}
    rows = [
        (persona, index[prompt], seed, hits[persona, seed, asked], samples[persona, seed, asked])
        for persona, of_persona in enumerate(cells)
        for seed, coupling in enumerate(of_persona)
        for asked, prompt in enumerate(coupling.prompts)
        if asked >= 4
    ]
    source, prompt, seed, of_hits, of_samples = (np.array(column) for column in zip(*rows, strict=True))
    return BystanderCounts(source, prompt, seed, of_hits, of_samples)
