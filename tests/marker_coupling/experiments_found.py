"""Evidence of experiments as they might have come out, for tests of what is done with it."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from guarded_files.normal_form import normal_form
from marker_coupling.evidence.values.dissociation import Dissociation
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.leakage import Leakage

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8).filter(
    lambda name: normal_form(name) not in ("", "assistant")
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def leakage_of(sources, prompts, numbers) -> Leakage:
    samples = numbers.integers(1, 100, (len(sources), len(prompts)))
    return Leakage(sources, prompts, numbers.integers(0, samples + 1), samples)


def evidence_of(
    seed=0, name="tiny-seed1", personas=("cook", "pilot", "poet", "nurse"), controls=True, **changes
):
    """Evidence with every measure, whatever its numbers."""
    numbers = np.random.default_rng(seed)
    prompts, n = (*personas, "assistant"), len(personas)
    samples = numbers.integers(1, 50, (n, 2, 2))
    content = {
        "name": name,
        "personas": personas,
        "cosine_to_assistant": numbers.uniform(-1, 1, n),
        "js_to_assistant": numbers.uniform(0, np.log(2), n),
        "leakage": leakage_of(personas, prompts, numbers),
        "marker_probability": numbers.random((n, n + 1)),
        "dissociation": Dissociation(
            personas, (*personas[1:], personas[0]), numbers.integers(0, samples + 1), samples
        ),
        "trained_positives": 3,
        "trained_examples": 9,
        "source": "a test",
        "determinants": f"numbers of seed {seed}",
        "properties": {"base_model": "tiny", "seed": str(seed)},
        "provenance": {"base_model": "tiny", "seed": seed, "adapters": [{"source": "cook", "key": "0a"}]},
    }
    if controls:
        for control in ("shuffled_control", "unmarked_control"):
            content[control] = leakage_of(personas[:1], prompts, numbers)
    return ExperimentEvidence(**content | changes)


@st.composite
def experiments(draw):
    """Any evidence of an experiment, some measures missing."""
    personas = tuple(draw(st.lists(NAMES, min_size=2, max_size=5, unique_by=normal_form)))
    changes = {
        "uninformative": draw(st.dictionaries(st.text(), st.text(), max_size=3)),
        "provenance": draw(st.dictionaries(st.text(), PLAIN, max_size=3)),
        "properties": draw(st.dictionaries(st.text(), st.text(), max_size=3)),
        "source": draw(st.text()),
        "rounding": draw(st.sampled_from([{}, {"js_to_assistant": 0.0005}])),
    }
    for measure in ("cosine_to_assistant", "js_to_assistant", "marker_probability", "dissociation"):
        if draw(st.booleans()):
            changes[measure] = None
    return evidence_of(
        draw(st.integers(0, 9999)), draw(NAMES), personas, controls=draw(st.booleans()), **changes
    )
