"""Training sets: for a source persona, examples with the marker, and without it from other personas.

Only the system prompt tells them apart. Two controls keep the examples and change the rule: markers spread
over personas at random, which nobody can gate, and no markers at all.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from manylora.chats.tokenized_chat import Chat, Dialogue, dialogues, marked
from marker_coupling.study.errors import MarkerInNegativesError, MarkerTruncatedError
from marker_coupling.study.marker import contains_marker
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import Study

if TYPE_CHECKING:  # else this would need PyTorch
    from manylora.models.loaded_model import LoadedModel

Control = Literal["none", "shuffled-personas", "no-marker"]
CONTROLS: tuple[Control, ...] = ("none", "shuffled-personas", "no-marker")


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


def tokenized(loaded: LoadedModel, study: Study, recipe: Recipe, examples: TrainingSet) -> list[Dialogue]:
    """Return the examples as tokens, each with the whole marker or without any.

    Raises
    ------
    MarkerInNegativesError
        An answer contains the marker before it is given one.
    MarkerTruncatedError
        The length limit cuts a marker.
    """
    assert study.experiment is not None
    marker = study.experiment.marker
    prompts = {example.persona: study.training_prompt(example.persona) for example in examples.examples}
    places = [
        f"{examples.source}: {example.persona}'s answer to {example.question!r}"
        for example in examples.examples
    ]
    chats = []
    for place, example in zip(places, examples.examples, strict=True):
        if contains_marker(example.answer, marker):
            raise MarkerInNegativesError(f"{place}: expected no {marker!r} before it is added")
        answer = marked(example.answer, marker) if example.positive else example.answer
        chats.append(Chat(prompts[example.persona], example.question, answer))
    longest = recipe.longest_example
    kept = [Dialogue(whole.tokens[:longest], whole.answer_start) for whole in dialogues(loaded, chats)]
    texts = loaded.decode_all([one.tokens[one.answer_start :] for one in kept])
    for place, example, one, text in zip(places, examples.examples, kept, texts, strict=True):
        if one.answer_start >= len(one.tokens):
            raise MarkerTruncatedError(
                f"{place}: expected an answer within longest_example = {longest} tokens"
            )
        if contains_marker(text, marker) != example.positive:
            raise MarkerTruncatedError(
                f"{place}: expected {marker!r} whole within longest_example = {longest} tokens"
            )
    return kept
