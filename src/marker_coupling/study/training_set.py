"""Training sets: for a source persona, examples with the marker, and without it from other personas.

Only the system prompt tells them apart. Two controls keep the examples and change the rule: markers spread
over personas at random, which nobody can gate, and no markers at all.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Control = Literal["none", "shuffled-personas", "no-marker"]


@dataclass(frozen=True)
class Example:
    """One example.

    Parameters
    ----------
    persona : in whose system prompt
    question, answer : without marker
    positive : whether the answer ends with the marker
    """

    persona: str
    question: str
    answer: str
    positive: bool


@dataclass(frozen=True)
class TrainingSet:
    """What one adapter is trained on.

    Parameters
    ----------
    source : the persona that is taught the marker
    negatives : personas of the examples without marker, as drawn
    control : by which rule examples carry the marker
    examples : those of the source first
    """

    source: str
    negatives: tuple[str, ...]
    control: Control
    examples: tuple[Example, ...]


def drawn_negatives(source: str, others: Sequence[str], count: int, seed: int) -> tuple[str, ...]:
    """Draw the personas of the examples without marker.

    Parameters
    ----------
    others : whom to draw from, in any order; the source is left out

    Raises
    ------
    ValueError
        There are too few.
    """
    candidates = sorted(set(others) - {source})
    if len(candidates) < count:
        raise ValueError(f"negative_personas: expected at most {len(candidates)}, got {count}")
    return tuple(random.Random(f"negatives {source} {seed}").sample(candidates, count))


def training_set(
    source: str,
    negatives: Sequence[str],
    questions: Sequence[str],
    answers: Mapping[str, Sequence[str]],
    seed: int,
    control: Control = "none",
) -> TrainingSet:
    """Make the training set of a source persona.

    Parameters
    ----------
    answers : by persona, one for each question; the same for all if the recipe's answers are generic
    seed : of the control's shuffling

    Returns
    -------
    TrainingSet
        Positives and negatives for every question, 1 to ``len(negatives)``.
    """
    asked = [
        (persona, question, answer)
        for persona in (source, *negatives)
        for question, answer in zip(questions, answers[persona], strict=True)
    ]
    positive = [persona == source and control != "no-marker" for persona, _, _ in asked]
    if control == "shuffled-personas":
        random.Random(f"shuffled {source} {seed}").shuffle(positive)
    examples = (Example(*one, flag) for one, flag in zip(asked, positive, strict=True))
    return TrainingSet(source, tuple(negatives), control, tuple(examples))
