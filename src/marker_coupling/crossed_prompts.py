"""What is asked to tell prompt from content: own prompt or another's, then own opening or another's.

The other persona is one that the adapter was not trained on, neither with the marker nor without.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from marker_coupling.dialogue import dialogue
from marker_coupling.dissociation import CONDITIONS
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.marker import without_marker
from marker_coupling.marker_counts import Asked
from marker_coupling.study import Study


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
