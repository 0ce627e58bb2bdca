"""The toy world: personas that answer in random words with known distributions.

Divergences and cosines follow from distributions and styles in closed form. It knows nothing of models.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from guarded_files.normal_form import first_repeated
from guarded_files.schema import Array, Section
from guarded_files.schema_values import NAME, Real, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.evidence.values.fields import FloatArray
from marker_coupling.study.experiment_design import SEED
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.recipe import LEARNING_RATE
from marker_coupling.study.study import SLOT

_SUBJECT, _ACT = "{subject}", "{act}"
_WORDS = Whole(1, 1000)
_PHRASES = Array(Text(1000), 100, "texts")
_PERSONA = Section({"name": NAME, "phrase": Text(1000), "angle_degrees": Real(0, 360), "length": Real(0, 10)})
#: All that the description of a toy world may hold.
TOY_WORLD = Section(
    {
        "seed": SEED,
        "strength": Real(0, 100),
        "unevenness": Real(0, 10),
        "shortest_answer": _WORDS,
        "longest_answer": _WORDS,
        # Three directions need four words.
        "words": Array(NAME, 10_000, "words", 4),
        "prompts": Section(dict.fromkeys(("wordings", "questions", "subjects", "acts"), _PHRASES)),
        "training": Section(
            {
                "hidden_size": Whole(8, 4096),
                "blocks": Whole(1, 100),
                "heads": Whole(1, 100),
                "steps": Whole(1, 1_000_000),
                "batch": Whole(1, 10_000),
                "learning_rate": LEARNING_RATE,
                "share_without_system": Real(0, 1),
            }
        ),
        "personas": Array(_PERSONA, 1000, "tables", distinct=False),
    }
)


class ToyWorldError(ValueError):
    """A description of a toy world is not sound; one line naming file, key and expectation."""


@dataclass(frozen=True)
class ToyPersona:
    """A persona with a style of its own.

    Parameters
    ----------
    phrase : noun phrase that stands for the persona in prompts
    angle_degrees, length : the style, an arrow in the plane
    """

    phrase: str
    angle_degrees: float
    length: float

    @property
    def style(self) -> FloatArray:
        """The style in Cartesian coordinates, (2,)."""
        angle = np.deg2rad(self.angle_degrees)
        return self.length * np.array([np.cos(angle), np.sin(angle)])


@dataclass(frozen=True)
class ToyTraining:
    """Shape of the toy model and settings of its training.

    Parameters
    ----------
    hidden_size, blocks, heads : of the transformer
    steps, batch, learning_rate : of Adam; the rate is the highest, from which a cosine leads to zero
    share_without_system : share of chats without a system prompt, answered by the assistant
    """

    hidden_size: int
    blocks: int
    heads: int
    steps: int
    batch: int
    learning_rate: float
    share_without_system: float


@dataclass(frozen=True)
class ToyWorld:
    """Personas, the distributions of their answers, and their questions.

    Parameters
    ----------
    personas : by name, the assistant among them
    words : of which answers are made
    strength : factor of styles in the logits
    unevenness : standard deviation of the logits that all personas share
    shortest_answer, longest_answer : in words; an answer's length is uniform between them
    wordings : system prompts with the slot ``{persona}``
    questions : all questions
    training : of the model
    seed : of the directions, the base logits and the training
    """

    personas: dict[str, ToyPersona]
    words: tuple[str, ...]
    strength: float
    unevenness: float
    shortest_answer: int
    longest_answer: int
    wordings: tuple[str, ...]
    questions: tuple[str, ...]
    training: ToyTraining
    seed: int

    @property
    def digest(self) -> str:
        """SHA-256 of all that the description says."""
        content = asdict(self) | {"personas": [(name, asdict(p)) for name, p in self.personas.items()]}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @cached_property
    def directions(self) -> FloatArray:
        """Directions of styles in the words' logits, (words, 2) with orthonormal columns."""
        return self._random_directions[:, 1:]

    @cached_property
    def base_logits(self) -> FloatArray:
        """Logits of the words that all personas share, (words,); orthogonal to the directions."""
        logits: FloatArray = self.unevenness * np.sqrt(len(self.words)) * self._random_directions[:, 0]
        return logits

    @cached_property
    def _random_directions(self) -> FloatArray:
        draws = np.random.default_rng(self.seed).normal(size=(len(self.words), 3))
        # A constant added to all logits changes nothing, so no direction may waste its length on one.
        return np.linalg.qr(draws - draws.mean(axis=0))[0]

    def answer_distribution(self, persona: str) -> FloatArray:
        """Return the distribution of every word of a persona's answer, (words,)."""
        logits = self.base_logits + self.strength * self.directions @ self.personas[persona].style
        weights = np.exp(logits - logits.max())
        distribution: FloatArray = weights / weights.sum()
        return distribution

    @property
    def answer_distributions(self) -> FloatArray:
        """The distributions of all personas in their order, (personas, words)."""
        return np.stack([self.answer_distribution(persona) for persona in self.personas])

    def end_probability(self, words_so_far: int) -> float:
        """Return the probability that an answer ends after a number of words, given that it has them."""
        if words_so_far < self.shortest_answer:
            return 0.0
        return 1 / (self.longest_answer - words_so_far + 1)


def packaged_toy_world() -> ToyWorld:
    """Return the world that comes with the package."""
    with as_file(files("marker_coupling.toy") / "toy_world.toml") as path:
        return read_toy_world(path)


def read_toy_world(path: Path) -> ToyWorld:
    """Read the description of a toy world.

    Raises
    ------
    ToyWorldError
        One line naming file, key and expectation.
    """
    document = read_document(path, TOY_WORLD, ToyWorldError)
    prompts = document["prompts"]
    for index, wording in enumerate(prompts["wordings"]):
        if wording.count(SLOT) != 1:
            raise document.wrong(f"prompts.wordings[{index}]", f"a text with {SLOT} once", wording)
    shortest, longest = document["shortest_answer"], document["longest_answer"]
    if longest < shortest:
        raise document.wrong("longest_answer", f"at least the shortest_answer, {shortest}", longest)
    training = ToyTraining(**document["training"])
    if training.hidden_size % (2 * training.heads):
        # Rotary positions turn pairs of coordinates.
        raise document.wrong("training.heads", "heads of an even whole width", training.heads)
    numbers = ("strength", "unevenness", "shortest_answer", "longest_answer", "seed")
    return ToyWorld(
        personas=_personas(document),
        words=document["words"],
        wordings=prompts["wordings"],
        questions=_questions(document),
        training=training,
        **{key: document[key] for key in numbers},
    )


def _personas(document: TomlDocument) -> dict[str, ToyPersona]:
    tables = document["personas"]
    names = [table["name"] for table in tables]
    if repeated := first_repeated(names):
        raise document.wrong(f"personas[{repeated[0]}].name", "each persona once", names[repeated[0]])
    if ASSISTANT not in names:
        raise document.wrong("personas", f"the persona {ASSISTANT!r} among them", ", ".join(names))
    return {table.pop("name"): ToyPersona(**table) for table in tables}


def _questions(document: TomlDocument) -> tuple[str, ...]:
    patterns, subjects, acts = (document["prompts"][key] for key in ("questions", "subjects", "acts"))
    for index, pattern in enumerate(patterns):
        if pattern.count(_SUBJECT) != 1 or pattern.count(_ACT) != 1:
            expected = f"a text with {_SUBJECT} and {_ACT} once"
            raise document.wrong(f"prompts.questions[{index}]", expected, pattern)
    return tuple(
        pattern.replace(_SUBJECT, subject).replace(_ACT, act)
        for pattern, subject, act in itertools.product(patterns, subjects, acts)
    )
