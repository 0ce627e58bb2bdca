"""Simulated worlds: mechanisms of coupling, and the hypotheses that hold under each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class World:
    """Mechanism of coupling.

    Parameters
    ----------
    name, description : for tables
    category_share : share of the variance of measures and of persona effects that lies between categories
    category_size : personas in a category
    negatives_effect, words_effect : standardised effects of the cosine to the negatives and of the lexical
        cosine on coupling
    distinctness_effect : standardised effect of the mean cosine to other personas
    link : from a persona's propensity to the outcome: a rate, ``linear`` in the log-odds; ``bimodal``: near
        0.05 or 0.95; ``ceiling``: near 1 for most; or ``area``: the area under the curve of forced gating,
        which has neither bounds nor sampling noise
    heavy_tails : persona effects and noise have Student's t with 3 degrees of freedom
    funnel : the spread of persona effects grows with the cosine, by a factor of ``exp(funnel)`` a standard
        deviation
    """

    name: str
    description: str
    category_share: float = 0.3
    category_size: int = 2
    negatives_effect: float = 0.0
    words_effect: float = 0.0
    distinctness_effect: float = 0.0
    link: Literal["linear", "bimodal", "ceiling", "area"] = "linear"
    heavy_tails: bool = False
    funnel: float = 0.0


@dataclass(frozen=True)
class Design:
    """Amount of data in a study.

    Parameters
    ----------
    personas : N
    seeds : of each base model
    true_r : partial correlation of true cosine and true propensity given the covariates
    intraclass : share of a seed's propensity that lies between personas, where no other effect is at work
    reliability : of the mean cosine over prompts
    base_models : that share the personas
    samples : under each prompt
    """

    personas: int = 192
    seeds: int = 5
    true_r: float = 0.0
    intraclass: float = 0.5
    reliability: float = 0.8
    base_models: int = 3
    samples: int = 100


WORLDS = {
    world.name: world
    for world in (
        World("plain", "rates linear in the log-odds, like personas in pairs"),
        World("area", "the area under the curve of forced gating is the outcome, not a rate", link="area"),
        World("bimodal", "an adapter gates or does not: rates near .05 or .95", link="bimodal"),
        World("ceiling", "most rates near 1", link="ceiling"),
        World("clusters", "70% of all variance lies between categories", category_share=0.7),
        World("families", "the same in categories of four", category_share=0.7, category_size=4),
        World("negatives", "the cosine to the negatives drives the rates", negatives_effect=-0.5),
        World("words", "the prompt's words drive the rates", words_effect=-0.5),
        World("heavy", "Student's t with 3 degrees of freedom", heavy_tails=True),
        World("funnel", "the spread of the rates grows with the cosine", funnel=0.6),
        World(
            "distinctness",
            "distinctness from other personas drives the rates, and the headline holds only through it",
            distinctness_effect=-0.5,
        ),
    )
}


def true_hypotheses(world: World, design: Design) -> frozenset[str]:
    """Ids of the hypotheses that hold in a world; all others are true null hypotheses."""
    true: set[str] = set()
    if design.true_r < 0 or world.distinctness_effect < 0:
        true |= {"cosine", "js", "cosine-given-js"}
    if design.true_r < 0:
        true |= {"cosine-given-panel", "cosine-given-sources"}
    if world.distinctness_effect < 0:
        true |= {"panel-given-cosine", "sources-given-cosine"}
    return frozenset(true)
