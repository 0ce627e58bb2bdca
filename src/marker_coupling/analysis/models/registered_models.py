"""The registered mixed models of one base model, with standardised coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from marker_coupling.analysis.data.arrays import FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.replicated import Replicated
from marker_coupling.analysis.data.study_data import BaseModelData
from marker_coupling.analysis.data.variables import COVARIATES, distance_to_negatives, study_variables
from marker_coupling.analysis.models.binomial_model import BinomialModel, fit_binomial_model
from marker_coupling.analysis.models.category_model import CategoryModel, fit_category_model
from marker_coupling.analysis.models.mixed_model import fit_mixed_model


@dataclass(frozen=True, eq=False)
class StandardisedModel:
    """A mixed model with predictors of variance 1 over personas; in the linear one the outcome, too.

    Parameters
    ----------
    terms : names of the fixed effects, in the order of the coefficients
    fit : the model
    """

    terms: tuple[str, ...]
    fit: CategoryModel | BinomialModel


def persona_model(
    variables: Mapping[str, Replicated],
    categories: Categories,
    *,
    given: Sequence[str] = (),
    engine: Literal["closed form", "statsmodels"] = "closed form",
) -> StandardisedModel:
    """Fit ``outcome ~ cosine + distance_to_negatives + lexical_cosine + log_prompt_tokens + (1 | category)``.

    Parameters
    ----------
    variables : of one base model, by name
    categories : of its personas
    given : further fixed effects
    engine : both give the same, by REML; statsmodels needs the extra ``analysis``
    """
    names = ["cosine", *(name for name in COVARIATES if name in variables), *given]
    columns = [_standardise(variables[name].values) for name in names]
    design = np.column_stack([np.ones(categories.codes.size), *columns])
    outcome = _standardise(variables["outcome"].values)
    fit = fit_category_model if engine == "closed form" else fit_mixed_model
    return StandardisedModel(("intercept", *names), fit(outcome, design, categories))


def cell_model(
    data: BaseModelData, categories: Categories, *, given: Sequence[str] = ()
) -> StandardisedModel:
    """Fit the binomial mixed model on cells of persona and seed.

    Fixed effects are those of :func:`persona_model`, where the distance to the negatives is each seed's own,
    and the seeds; random effects are categories, personas and cells.
    """
    variables = study_variables(data)
    n, seeds = data.own.hits.shape
    by_persona = ["cosine", *(name for name in COVARIATES[1:] if name in variables), *given]
    distance = distance_to_negatives(data)
    columns = {
        name: np.repeat(_standardise(variables[name].values)[:, None], seeds, axis=1) for name in by_persona
    }
    columns["distance_to_negatives"] = _standardise(distance)
    for seed in range(1, seeds):
        columns[f"seed {seed + 1}"] = np.broadcast_to(np.arange(seeds) == seed, (n, seeds)).astype(np.float64)
    design = np.stack([np.ones((n, seeds)), *columns.values()], axis=-1)
    fit = fit_binomial_model(data.own.hits, data.own.samples, design, categories)
    return StandardisedModel(("intercept", *columns), fit)


def _standardise(values: FloatArray) -> FloatArray:
    standardised: FloatArray = (values - values.mean()) / values.std()
    return standardised
