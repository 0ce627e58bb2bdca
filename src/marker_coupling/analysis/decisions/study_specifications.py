"""Specifications of the headline: every defensible choice that the evidence of a registered study allows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from marker_coupling.analysis.data.arrays import FloatArray, varies
from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.decisions.specification_curve import Specification
from marker_coupling.evidence.values.study_evidence import StudyEvidence


def headline_specifications(
    bodies: Sequence[StudyEvidence],
    measure: str = "assistant",
    recipe: str = "",
    variations: Mapping[str, Sequence[StudyEvidence]] = MappingProxyType({}),
) -> list[Specification]:
    """Return all combinations of base model, recipe, texts, layers, outcome and covariates.

    Layers other than the composite of the upper half are there for the mean over all texts alone. The recipe
    is a choice where there are variations.

    Parameters
    ----------
    bodies : of the same personas
    measure : ``assistant``, the headline's cosine; or ``panel`` or ``sources``, its rivals
    recipe : name of the registered one
    variations : evidence with other recipes, by their names
    """
    trained = [(recipe, body) for body in bodies]
    trained += [(name, body) for name, of_recipe in variations.items() for body in of_recipe]
    return [
        Specification(
            {"base model": body.base_model} | ({"recipe": name} if variations else {})
            | dict(predictor_choices) | {"outcome": outcome, "given": given},
            predictor, strength, covariates,
        )
        for name, body in trained
        for (predictor_choices, predictor), (outcome, strength), (given, covariates) in itertools.product(
            _predictors(body, measure), _outcomes(body).items(), _covariates(body, measure).items()
        )
    ]  # fmt: skip


def _predictors(body: StudyEvidence, measure: str) -> Iterator[tuple[Mapping[str, str], FloatArray]]:
    by_text = body.cosines[measure].mean(axis=1)  # (T, N)
    upper = "upper half"
    yield {"texts": "name and descriptions", "layers": upper}, by_text.mean(axis=0)
    yield {"texts": "name", "layers": upper}, by_text[0]
    if len(by_text) > 1:
        yield {"texts": "descriptions", "layers": upper}, by_text[1:].mean(axis=0)
    by_layer = body.cosines_by_layer[measure]
    for name, layer in (("last", -1), ("middle", len(by_layer) // 2)):
        yield {"texts": "name and descriptions", "layers": name}, by_layer[layer]


def _outcomes(body: StudyEvidence) -> dict[str, FloatArray]:
    hits = body.hits[..., 0].astype(np.float64)
    sampled = log_odds(hits, np.full(hits.shape, float(body.samples)))
    return {
        "area of gating": body.gating_area.mean(axis=1),
        "forced": body.forced_log_odds[..., 0].mean(axis=1),
        "sampled": sampled.mean(axis=1),
    }


def _covariates(body: StudyEvidence, measure: str) -> dict[str, FloatArray]:
    registered = np.column_stack(
        [body.negatives_cosine.mean(axis=(0, 1, 3)), body.lexical_cosine, np.log(body.prompt_tokens)]
    )
    # A column that is the same for all personas is part of the intercept.
    registered = registered[:, [varies(column) for column in registered.T]]
    rival = "panel" if measure == "assistant" else "assistant"
    other = body.cosines[rival].mean(axis=(0, 1))
    return {
        "nothing": registered[:, :0],
        "negatives, words, length": registered,
        f"these and the cosine to the {rival}": np.column_stack([registered, other]),
    }
