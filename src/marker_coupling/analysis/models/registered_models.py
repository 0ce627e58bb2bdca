"""The registered mixed model of one base model, with standardised coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from marker_coupling.analysis.data.arrays import FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.replicated import Replicated
from marker_coupling.analysis.data.variables import COVARIATES
from marker_coupling.analysis.models.category_model import CategoryModel, fit_category_model
from marker_coupling.analysis.models.mixed_model import fit_mixed_model


@dataclass(frozen=True, eq=False)
class StandardisedModel:
    """A mixed model with predictors and outcome of variance 1 over personas.

    Parameters
    ----------
    terms : names of the fixed effects, in the order of the coefficients
    fit : the model
    """

    terms: tuple[str, ...]
    fit: CategoryModel


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


def _standardise(values: FloatArray) -> FloatArray:
    standardised: FloatArray = (values - values.mean()) / values.std()
    return standardised
