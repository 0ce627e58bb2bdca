"""Variables of the mixed models, from one base model's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, varies
from marker_coupling.analysis.data.composite import composite, upper_half
from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.data.replicated import Replicated, exact, over_prompts, over_seeds
from marker_coupling.analysis.data.study_data import BaseModelData

OutcomeName = Literal["source", "forced", "area"]
#: Held fixed in every hypothesis.
COVARIATES = ("distance_to_negatives", "lexical_cosine", "log_prompt_tokens")


def outcome_by_seed(data: BaseModelData, outcome: OutcomeName) -> FloatArray:
    """Coupling strength, (N, S).

    Parameters
    ----------
    outcome : ``source``: log-odds of the counts under the own prompt; ``forced``: of the teacher-forced
        marker; ``area``: under the curve of forced gating

    Raises
    ------
    AnalysisError
        The outcome was not measured.
    """
    if outcome == "source":
        return log_odds(data.own.hits, data.own.samples)
    measured = {"forced": data.forced_log_odds, "area": data.gating_area}.get(outcome)
    if measured is None:
        raise AnalysisError(f"{data.name}: {outcome}: expected an outcome that was measured")
    return measured


def distance_to_negatives(data: BaseModelData) -> FloatArray:
    """Distance to the negatives of each seed, (N, S): less the composite cosine, averaged over prompts."""
    distance: FloatArray = -_negatives(data).mean(axis=(0, 1))
    return distance


def study_variables(data: BaseModelData, outcome: OutcomeName = "source") -> Mapping[str, Replicated]:
    """Name the variables of one base model.

    Returns
    -------
    mapping
        ``outcome``, ``leak`` (log-odds under the assistant's prompt); ``cosine``, ``panel_cosine``,
        ``sources_cosine`` at the composite of the upper half of the layers; ``log_js``; and the covariates. A
        covariate that is the same for all personas is left out: the intercept holds it.
    """
    upper = upper_half(data.cosines.layers, data.cosines.blocks)
    variables = {
        "outcome": over_seeds(outcome_by_seed(data, outcome), "outcome"),
        "leak": over_seeds(log_odds(data.assistant.hits, data.assistant.samples), "leak"),
        "cosine": over_prompts(composite(data.cosines.assistant[upper], "cosine to assistant"), "cosine"),
        "panel_cosine": over_prompts(composite(data.cosines.panel[upper], "cosine to panel"), "panel"),
        "sources_cosine": over_prompts(
            composite(data.cosines.sources[upper], "cosine to sources"), "sources"
        ),
        "log_js": over_prompts(np.log(data.js_nats), "log JS"),
        "distance_to_negatives": over_prompts(-_negatives(data).mean(axis=-1), "distance to negatives"),
        "lexical_cosine": exact(data.lexical_cosine, "lexical cosine"),
        "log_prompt_tokens": exact(np.log(data.prompt_tokens), "prompt tokens"),
    }
    return {
        name: variable
        for name, variable in variables.items()
        if name not in COVARIATES or varies(variable.values)
    }


def _negatives(data: BaseModelData) -> FloatArray:
    """Composite cosine to the negatives, (T, W, N, S); personas and seeds share one scale."""
    negatives = data.cosines.negatives[upper_half(data.cosines.layers, data.cosines.blocks)]
    flat = composite(negatives.reshape(*negatives.shape[:3], -1), "cosine to negatives")
    return flat.reshape(negatives.shape[1:])
