"""Dissociation: does the marker follow the prompt, or what the answer says?

Every adapter goes on with answers that were begun by itself, under its own persona's prompt or under another
persona's. Prompt and opening are crossed, which gives four conditions. The other persona is one that the
adapter was not trained on, neither with the marker nor without.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marker_coupling.dialogue import dialogue
from marker_coupling.evidence_fields import (
    EvidenceError,
    FloatArray,
    IntArray,
    distinct_names,
    hits_and_samples,
    set_fields,
)
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.marker import without_marker
from marker_coupling.marker_counts import Asked
from marker_coupling.study import Study

#: Raise when the same adapters and answers would give other counts.
VERSION = 1
#: Whose prompt, and whose opening.
CONDITIONS = (("own", "own"), ("own", "other"), ("other", "own"), ("other", "other"))


@dataclass(frozen=True, eq=False)
class Dissociation:
    """Marker counts with prompt and opening crossed.

    Parameters
    ----------
    sources : (S,) personas, one adapter each
    others : (S,) the other persona of each
    hits, samples : (S, 2, 2) answers with the marker, and all; first axis after the source: under its own
        prompt, the other's; second: after its own opening, the other's

    Raises
    ------
    EvidenceError
        A shape, a count or a name is impossible.
    """

    sources: tuple[str, ...]
    others: tuple[str, ...]
    hits: IntArray
    samples: IntArray

    def __post_init__(self) -> None:
        sources = distinct_names("dissociation.sources", self.sources)
        if len(self.others) != len(sources) or any(a == b for a, b in zip(sources, self.others, strict=True)):
            raise EvidenceError("dissociation.others: expected another persona for each source")
        hits, samples = hits_and_samples(
            "dissociation.hits", self.hits, "dissociation.samples", self.samples, (len(sources), 2, 2)
        )
        set_fields(self, sources=sources, others=tuple(self.others), hits=hits, samples=samples)

    @property
    def rate(self) -> FloatArray:
        """Share of answers with the marker, (S, 2, 2)."""
        rate: FloatArray = self.hits / self.samples
        return rate

    @property
    def prompt_effect(self) -> FloatArray:
        """What the own prompt adds to the rate, averaged over openings, (S,)."""
        effect: FloatArray = (self.rate[:, 0] - self.rate[:, 1]).mean(axis=1)
        return effect

    @property
    def opening_effect(self) -> FloatArray:
        """What the own opening adds to the rate, averaged over prompts, (S,)."""
        effect: FloatArray = (self.rate[:, :, 0] - self.rate[:, :, 1]).mean(axis=1)
        return effect

    @property
    def share_under_own_prompt(self) -> FloatArray:
        """Of the answers with the marker, the share under the own prompt, (S,) in (0, 1).

        One hit is added on either side (Laplace's rule of succession), so that an adapter that hardly emits
        the marker is near a half and not undefined.
        """
        own, other = self.hits[:, 0].sum(axis=1), self.hits[:, 1].sum(axis=1)
        share: FloatArray = (own + 1) / (own + other + 2)
        return share


def other_persona(source: str, negatives: Sequence[str], sources: Sequence[str], seed: int) -> str:
    """Draw whose prompt and opening take the source's place.

    Parameters
    ----------
    negatives : personas of the adapter's examples without marker; left out as long as there is anybody else
    sources : whom to draw from, in any order
    """
    candidates = sorted(set(sources) - {source, *negatives}) or sorted(set(sources) - {source})
    return random.Random(f"other {source} {seed}").choice(candidates)


def opening(answer: str, marker: str) -> str:
    """Return the first half of an answer's words, without any marker."""
    text = without_marker(answer, marker)
    ends = [found.end() for found in re.finditer(r"\S+", text)]
    half = len(ends) // 2
    return text[: ends[half - 1]] if half else ""


def crossed(
    loaded: LoadedModel,
    study: Study,
    prompts: Mapping[str, str],
    begun: Mapping[str, Sequence[str]],
    seed: str,
) -> list[list[Asked]]:
    """Return what one adapter is asked: for each of ``CONDITIONS``, every evaluation question.

    Parameters
    ----------
    prompts : persona by whose prompt it is, ``"own"`` or ``"other"``
    begun : answers to the questions, whose openings are taken, by whose they are
    seed : of the samples, any text
    """
    assert study.experiment is not None
    conditions = []
    for prompt, whose in CONDITIONS:
        system, asked = study.training_prompt(prompts[prompt]), []
        for question, answer in zip(study.questions, begun[whose], strict=True):
            beginning = opening(answer, study.experiment.marker)
            tokens = (
                dialogue(loaded, system, question, beginning).tokens[:-1]
                if beginning
                else tuple(loaded.prompt_tokens(system, question))
            )
            asked.append(Asked(tokens, f"dissociation {seed} {prompt} {whose} {question}"))
        conditions.append(asked)
    return conditions
