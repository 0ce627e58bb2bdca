"""Assembly of a registered study's evidence on one base model from couplings and geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marker_coupling.analysis.data.composite import composite, upper_half
from marker_coupling.analysis.validity.validity_check import CalibrationGeometry
from marker_coupling.evidence.values.study_evidence import FIXED_PROMPTS, StudyEvidence
from marker_coupling.measures.coupling import Coupling, FloatArray, log_odds_of_marker
from marker_coupling.measures.persona_geometry import PersonaGeometry
from marker_coupling.pipeline.plan.outcome_calibration import by_persona_and_seed, outcome_scores
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.registration import Registration

#: Significant digits of floats in evidence: more than any measurement has.
_DIGITS = 7


def assemble_study_evidence(
    base_model: str,
    registration: Registration,
    setting: tuple[float, int, str],
    couplings: Mapping[AdapterTask, Coupling],
    geometry: PersonaGeometry,
    properties: Mapping[str, str],
) -> StudyEvidence:
    """Return the evidence of one base model.

    Parameters
    ----------
    setting : learning rate, epochs and outcome
    couplings : of every source in every seed
    geometry : of the same sources
    properties : facts for the head of a report
    """
    seeds, pool = registration.seeds, registration.personas.sources.personas
    personas, cells = by_persona_and_seed(couplings, seeds)
    asked = FIXED_PROMPTS + registration.bystanders
    index = {name: number for number, name in enumerate(personas)}
    bystanders = np.array(
        [[[index[name] for name in cell.prompts[FIXED_PROMPTS:]] for cell in row] for row in cells]
    )
    forced = np.array([[log_odds_of_marker(cell.forced).mean(axis=1) for cell in row] for row in cells])
    first = cells[0][0]
    layers = range(1, len(geometry.assistant) + 1)
    upper = upper_half(layers, len(layers))
    cosines = {
        "assistant": geometry.assistant, "panel": geometry.panel, "sources": geometry.others,
    }  # fmt: skip
    names = geometry.similarity[upper, 0].mean(axis=0)
    learning_rate, epochs, outcome = setting
    return StudyEvidence(
        base_model=base_model,
        registration=registration.digest,
        learning_rate=learning_rate,
        epochs=epochs,
        outcome=outcome,
        personas=personas,
        categories=tuple(persona.category for persona in pool),
        seeds=seeds,
        bystanders=bystanders,
        hits=np.array([[cell.hits.sum(axis=1) for cell in row] for row in cells]),
        samples=first.samples * first.hits.shape[1],
        forced_log_odds=_rounded(forced[..., :asked]),
        untrained_prompts=tuple(
            name.removeprefix(f"{personas[0]} in ") for name in first.forced_prompts[asked:]
        ),
        untrained_log_odds=_rounded(forced[..., asked:]),
        gating_area=_rounded(outcome_scores(cells, "area")),
        cosines={
            name: _rounded(composite(array[upper], f"cosine to {name}")) for name, array in cosines.items()
        },
        negatives_cosine=_rounded(_negatives(registration, geometry, seeds, upper)),
        cosines_by_layer={name: _rounded(array.mean(axis=(1, 2))) for name, array in cosines.items()},
        bystander_cosine=_rounded(names[np.arange(len(personas))[:, None, None], bystanders]),
        js_nats=_rounded(geometry.js_nats),
        lexical_cosine=_rounded(geometry.lexical_cosine[0]),
        prompt_tokens=geometry.prompt_tokens[0],
        properties=properties,
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


def _negatives(
    registration: Registration, geometry: PersonaGeometry, seeds: Sequence[int], upper: list[int]
) -> FloatArray:
    """Return the composite cosine to each seed's two negatives, (T, W, N, S), on one scale for all seeds."""
    pairs = list(registration.personas.negatives.pairs)
    first = 2 * np.array([pairs.index(seed) for seed in seeds])
    cosines = (geometry.negatives[..., first] + geometry.negatives[..., first + 1])[upper] / 2
    flat = composite(cosines.reshape(*cosines.shape[:3], -1), "cosine to negatives")
    return flat.reshape(cosines.shape[1:])


def _rounded(values: FloatArray | np.ndarray) -> FloatArray:
    """Round to significant digits, which a file needs no more of."""
    array = np.asarray(values, dtype=np.float64)
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.maximum(np.abs(array), 1e-12))))
    rounded: FloatArray = np.round(array * scale) / scale
    return rounded
