"""Heterogeneity of the base models: a random-effects summary, as description."""

from __future__ import annotations

from collections.abc import Sequence

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation
from marker_coupling.analysis.models.random_effects import RandomEffects, random_effects


def summarise_base_models(correlations: Sequence[PartialCorrelation]) -> RandomEffects:
    """Summarise Fisher's z of at least two base models by random effects.

    A description only: base models that share personas are not independent, as this takes them to be. The
    test is that of :func:`.joint_correlation`, which leaves out personas in all of them at once.

    Parameters
    ----------
    correlations : one for each base model
    """
    effects = [joint_correlation([correlation]) for correlation in correlations]
    return random_effects([effect.z for effect in effects], [effect.standard_error**2 for effect in effects])
