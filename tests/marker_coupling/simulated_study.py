"""Evidence of a registered study in a simulated world, in which the truth is known."""

from __future__ import annotations

import dataclasses

import numpy as np

from marker_coupling.analysis.simulation.draws import draw_study
from marker_coupling.analysis.simulation.worlds import WORLDS, Design
from marker_coupling.evidence.values.study_evidence import StudyEvidence


def simulated_bodies(digest, true_r=-0.7, personas=96, seed=0):
    """Evidence of two base models in a simulated world."""
    design = Design(personas, true_r=true_r, base_models=2)
    study = draw_study(WORLDS["plain"], design, np.random.default_rng(seed))
    bodies = []
    for data in study.base_models:
        seeds = data.own.hits.shape[1]
        counts = [data.own.hits[..., None], data.assistant.hits[..., None], data.negatives.hits]
        hits = np.concatenate(counts, axis=2)
        log_odds = np.log((hits + 0.5) / (100 - hits + 0.5))
        cosines = {name: getattr(data.cosines, name)[0] for name in ("assistant", "panel", "sources")}
        bystanders = (np.arange(personas)[:, None, None] + np.ones((1, seeds, 1), int)) % personas
        bodies.append(
            StudyEvidence(
                base_model=data.name, registration=digest, learning_rate=5e-4, epochs=3, outcome="source",
                personas=study.personas, categories=study.categories, seeds=tuple(range(seeds)),
                bystanders=bystanders, hits=np.concatenate([hits, hits[..., :1] // 2], axis=2).astype(int),
                samples=100, forced_log_odds=np.concatenate([log_odds, log_odds[..., :1] - 1], axis=2),
                untrained_prompts=("wording 2",), untrained_log_odds=log_odds[..., :1] - 0.5,
                gating_area=log_odds[..., 0], cosines=cosines, negatives_cosine=data.cosines.negatives[0],
                cosines_by_layer={name: cosine.mean(axis=(0, 1))[None] for name, cosine in cosines.items()},
                bystander_cosine=np.zeros(bystanders.shape), js_nats=data.js_nats / 10,
                lexical_cosine=data.lexical_cosine, prompt_tokens=np.round(data.prompt_tokens).astype(int),
                properties={"device": "simulated", "computed_in": "float32"},
            )
        )  # fmt: skip
    return tuple(bodies)


def as_registered(body, registration):
    """Return evidence under the names of a registration, with as many sources, seeds, bystanders and samples.

    Parameters
    ----------
    body : of at least as many personas and seeds
    """
    sources = registration.personas.sources.personas
    n, seeds = len(sources), registration.seeds[: len(body.seeds)]
    bystanders = min(registration.bystanders, n - 1)
    samples = registration.study.experiment.samples_per_question * len(registration.study.questions)
    asked = [0, 1, 2, 3, *(4 + np.arange(bystanders) % body.bystanders.shape[2])]
    cells = np.s_[:n, : len(seeds)]
    learning_rate, epochs = registration.calibration.grid[0]
    places = np.arange(n)[:, None, None] + np.arange(1, bystanders + 1)
    return dataclasses.replace(
        body, registration=registration.digest, learning_rate=learning_rate, epochs=epochs, samples=samples,
        personas=tuple(persona.key for persona in sources),
        categories=tuple(persona.category for persona in sources), seeds=seeds,
        bystanders=np.broadcast_to(places % n, (n, len(seeds), bystanders)),
        hits=body.hits[cells][..., asked] * samples // body.samples,
        forced_log_odds=body.forced_log_odds[cells][..., asked],
        untrained_log_odds=body.untrained_log_odds[cells], gating_area=body.gating_area[cells],
        cosines={name: cosine[..., :n] for name, cosine in body.cosines.items()},
        negatives_cosine=body.negatives_cosine[..., :n, : len(seeds)],
        cosines_by_layer={name: cosine[..., :n] for name, cosine in body.cosines_by_layer.items()},
        bystander_cosine=np.resize(body.bystander_cosine, (n, len(seeds), bystanders)),
        js_nats=body.js_nats[..., :n], lexical_cosine=body.lexical_cosine[:n],
        prompt_tokens=body.prompt_tokens[:n],
    )  # fmt: skip
