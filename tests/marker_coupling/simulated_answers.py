"""Evidence of a registered study in which what adapters do under other prompts is simulated, with known truth."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import special

from .simulated_study import simulated_bodies

BYSTANDERS = 4
UNTRAINED = ("wording 2", "wording 3", "description 1", "description 2")


def circle_of_bystanders(personas, seeds, generator):
    """Draw bystanders as a registration does: in every seed on a circle, at the same distances, (N, S, B)."""
    drawn = np.empty((personas, seeds, BYSTANDERS), dtype=np.int64)
    for seed in range(seeds):
        circle = generator.permutation(personas)
        distances = generator.choice(np.arange(1, personas), BYSTANDERS, replace=False)
        places = (np.arange(personas)[:, None] + distances) % personas
        drawn[circle, seed] = circle[places]
    return drawn


def of_category(categories, generator, columns):
    """Draw effects of personas, of variance 1, half of which is common to a category, (N, columns)."""
    codes = np.unique(categories, return_inverse=True)[1]
    shared = generator.normal(size=(codes.max() + 1, columns))[codes]
    return (shared + generator.normal(size=shared.shape)) / np.sqrt(2)


def couplings(
    digest,
    *,
    true_r=-0.7,
    leak=0.0,
    near_negatives=0.0,
    wordings=0.9,
    descriptions=0.6,
    personas=96,
    seed=0,
    samples=100,
):
    """Evidence of two base models.

    Parameters
    ----------
    true_r : correlation of the cosine to the assistant with the propensity to couple
    leak : slope of the log-odds under a bystander's prompt on its cosine to the source, in its deviations
    near_negatives : change of the log-odds under the own prompt for a deviation of the cosine to negatives
    wordings, descriptions : share of the coupling that untrained prompts keep
    """
    generator = np.random.default_rng(1000 + seed)
    simulated = simulated_bodies(digest, true_r, personas, seed)
    categories = simulated[0].categories
    seeds = len(simulated[0].seeds)
    drawn = circle_of_bystanders(personas, seeds, generator)
    meaning = of_category(categories, generator, 6)
    elsewhere = of_category(categories, generator, 6)  # likeness that has nothing to do with the cosine
    cosine = meaning @ meaning.T / 6
    other = elsewhere @ elsewhere.T / 6
    source = np.arange(personas)[:, None, None]
    bodies = []
    for body in simulated:
        near = body.negatives_cosine.mean(axis=(0, 1))
        near = (near - near.mean()) / near.std()
        simulated_area = body.gating_area
        strength = 1.0 + 1.4 * (simulated_area - simulated_area.mean()) / simulated_area.std()
        own = strength + near_negatives * near
        prompt = of_category(categories, generator, 1)[:, 0]
        bystanders = -2.5 + 0.4 * strength[..., None] + prompt[drawn] + other[source, drawn]
        bystanders = bystanders + leak * cosine[source, drawn] + 0.7 * generator.normal(size=drawn.shape)
        assistant, negatives = own[..., None] - 2, np.full((personas, seeds, 2), -3.0)
        forced = np.concatenate([own[..., None], assistant, negatives, bystanders], axis=2)
        kept = np.array([wordings, wordings, descriptions, descriptions])
        floor = bystanders.mean(axis=2)[..., None]
        untrained = floor + kept * (own[..., None] - floor)
        bodies.append(
            dataclasses.replace(
                body, bystanders=drawn, bystander_cosine=cosine[source, drawn] / 10, forced_log_odds=forced,
                hits=generator.binomial(samples, special.expit(forced)), samples=samples,
                untrained_prompts=UNTRAINED,
                untrained_log_odds=untrained + 0.5 * generator.normal(size=untrained.shape),
                gating_area=own - floor[..., 0],
            )
        )  # fmt: skip
    return tuple(bodies)
