"""Results that stand beside a registered hypothesis and decide nothing.

Power says what the study could have found, random effects how far base models differ, and the binomial model
whether counts of single adapters say the same as the registered outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from marker_coupling.analysis.correlations.base_model_effects import summarise_base_models
from marker_coupling.analysis.correlations.power import (
    correlation_between_models,
    personas_for_smallest_effect,
    power_of_joint_test,
)
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.study_data import BaseModelData
from marker_coupling.analysis.decisions.sequence import HypothesisResult
from marker_coupling.analysis.models.random_effects import RandomEffects
from marker_coupling.analysis.models.registered_models import cell_model


@dataclass(frozen=True)
class AchievedPower:
    """Power of the joint test with the personas, seeds and reliabilities of the study.

    Parameters
    ----------
    true_r : absolute correlation of true scores
    power : at the whole level of the sequence; 0 where the measures have no reliability left
    attenuation : mean factor by which error shrinks a correlation
    needed_personas : for 80% power; ``None`` if more than 100,000
    """

    true_r: float
    power: float
    attenuation: float
    needed_personas: int | None


@dataclass(frozen=True)
class CellEffect:
    """Effect of the cosine to the assistant in the binomial mixed model of one base model's cells.

    Parameters
    ----------
    base_model : its name
    log_odds, low, high : for a standard deviation of the cosine, with the 95% interval
    p : two-sided
    """

    base_model: str
    log_odds: float
    low: float
    high: float
    p: float


def achieved_power(
    result: HypothesisResult, categories: Categories, smallest_effect: float, alpha: float
) -> AchievedPower:
    """Return the power at the smallest effect of interest.

    Parameters
    ----------
    result : for one hypothesis
    categories : of the personas
    smallest_effect : absolute correlation of true scores
    alpha : one-sided
    """
    correlations = result.correlations
    attenuation = min(1.0, float(np.mean([correlation.attenuation for correlation in correlations])))
    power = power_of_joint_test(
        smallest_effect,
        categories.codes.size,
        attenuation=attenuation,
        base_models=len(correlations),
        between_models=correlation_between_models(correlations) if len(correlations) > 1 else 0.0,
        covariates=correlations[0].covariates.shape[1] - 1,
        category_size=categories.codes.size / categories.count,
        alpha=alpha,
    )
    needed = personas_for_smallest_effect(correlations, categories, smallest_effect)
    return AchievedPower(smallest_effect, power, attenuation, needed)


def random_effects_of(result: HypothesisResult) -> RandomEffects | None:
    """Return random effects over base models as correlations; ``None`` with one base model.

    Base models that share personas are not independent, as this takes them to be.
    """
    if len(result.correlations) < 2:
        return None
    on_z = summarise_base_models(result.correlations)
    r = {
        name: float(np.tanh(getattr(on_z, name)))
        for name in ("estimate", "low", "high", "prediction_low", "prediction_high")
    }
    return RandomEffects(
        **r, standard_error=on_z.standard_error, between_variance=on_z.between_variance, i2=on_z.i2, q=on_z.q
    )


def cell_effect(data: BaseModelData, categories: Categories) -> CellEffect:
    """Return the cosine's effect on the counts under the own prompt, on one base model.

    Raises
    ------
    AnalysisError
        As :func:`.fit_binomial_model`.
    """
    model = cell_model(data, categories)
    column = model.terms.index("cosine")
    effect, error = (float(values[column]) for values in (model.fit.coefficients, model.fit.standard_errors))
    half = float(special.ndtri(0.975)) * error
    p = float(2 * special.ndtr(-abs(effect) / error))
    return CellEffect(data.name, effect, effect - half, effect + half, p)
