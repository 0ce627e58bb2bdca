"""Training sets: for a source persona, examples with the marker, and without it from other personas.

Only the system prompt tells them apart. Two controls keep the examples and change the rule: markers shuffled
over personas, which no adapter can gate, and no markers at all.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from marker_coupling.study.prompts import PersonaPrompt

Control = Literal["none", "shuffled-personas", "no-marker"]


@dataclass(frozen=True)
class Example:
    """One example.

    Parameters
    ----------
    prompt : under which the question is asked
    question, answer : without marker
    positive : True if the answer ends with the marker
    """

    prompt: PersonaPrompt
    question: str
    answer: str
    positive: bool


@dataclass(frozen=True)
class TrainingSet:
    """Training examples of one adapter.

    Parameters
    ----------
    source : the persona that is taught the marker
    negatives : personas of the examples without marker, as drawn
    control : rule by which examples carry the marker
    examples : those of the source first
    """

    source: str
    negatives: tuple[str, ...]
    control: Control
    examples: tuple[Example, ...]


def draw_negatives(source: str, others: Sequence[str], count: int, seed: int) -> tuple[str, ...]:
    """Draw the personas of the examples without marker.

    Parameters
    ----------
    others : candidates, in any order; the source is left out

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
    source: PersonaPrompt,
    negatives: Sequence[PersonaPrompt],
    questions: Sequence[str],
    answers: Sequence[Sequence[str]],
    seed: int,
    control: Control = "none",
) -> TrainingSet:
    """Return the training set of a source persona.

    Parameters
    ----------
    answers : of the source and of each negative persona, one for each question
    seed : of the control's shuffling

    Returns
    -------
    TrainingSet
        Positives and negatives for every question, 1 to ``len(negatives)``.
    """
    chats = [
        (prompt, question, answer)
        for prompt, texts in zip((source, *negatives), answers, strict=True)
        for question, answer in zip(questions, texts, strict=True)
    ]
    positive = [prompt == source and control != "no-marker" for prompt, _, _ in chats]
    if control == "shuffled-personas":
        random.Random(f"shuffled {source.name} {seed}").shuffle(positive)
    examples = (Example(*chat, is_positive) for chat, is_positive in zip(chats, positive, strict=True))
    return TrainingSet(source.name, tuple(prompt.name for prompt in negatives), control, tuple(examples))
