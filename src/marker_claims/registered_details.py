"""Sentences on what stands beside the verdict on a registered hypothesis and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from marker_coupling.analysis.decisions.supplements import AchievedPower, CellEffect
from marker_coupling.analysis.models.random_effects import RandomEffects

#: Factor by which error shrinks a correlation, below which it is taken for 0.
_NOTHING_LEFT = 0.005


def describe_power(power: AchievedPower) -> str:
    """Return the power at the smallest effect of interest, and what limits it."""
    if power.attenuation < _NOTHING_LEFT:
        return (
            "of predictor or outcome nothing but error is left once the rest is held fixed, so that no true "
            "correlation is excluded"
        )
    needed = "over 100,000" if power.needed_personas is None else f"{power.needed_personas:,}"
    return (
        f"power at |true r| = {power.true_r:g} with these personas and reliabilities {power.power:.0%} "
        f"(a correlation shrinks by a factor of {power.attenuation:.2f}; 80% needs {needed} personas)"
    )


def describe_random_effects(effects: RandomEffects | None) -> str:
    """Return the summary by random effects; empty with one base model.

    Parameters
    ----------
    effects : as correlations
    """
    if effects is None:
        return ""
    return (
        "random effects over base models (Hartung and Knapp, a description as they share personas) "
        f"r = {effects.estimate:.2f} [{effects.low:.2f}, {effects.high:.2f}], I2 = {effects.i2:.0%}, "
        f"another base model's [{effects.prediction_low:.2f}, {effects.prediction_high:.2f}]"
    )


def describe_cell_effects(effects: Sequence[CellEffect]) -> str:
    """Return the cosine's effects in the binomial mixed model."""
    each = ", ".join(
        f"{effect.base_model} {effect.log_odds:+.2f} [{effect.low:.2f}, {effect.high:.2f}]"
        for effect in effects
    )
    return f"on single adapters (binomial mixed model of counts, log-odds for 1 SD of cosine) {each}"
