"""A study: personas, wordings and questions, read from TOML and checked on reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from marker_coupling.evidence import ASSISTANT
from marker_coupling.experiment_design import ExperimentDesign, read_design
from marker_coupling.toml_file import TomlTable, read_toml

SLOT = "{persona}"
FEWEST_SOURCES = 4


class StudyError(ValueError):
    """A study file is not sound; one line naming file, key and what was expected."""


@dataclass(frozen=True)
class Study:
    """What is asked of a base model.

    Parameters
    ----------
    personas : noun phrases by persona; the assistant is the last
    centring_extras : more personas whose prompts only join the mean that is subtracted
    wordings : (w,) templates with the slot ``{persona}``, at least two, the same for every persona
    questions : (q,) what every persona is asked
    answer_tokens : length to which the assistant's answers are cut
    smallest_reliability : mean correlation between wordings below which a measure is uninformative
    shallowest_layer : layers from this one on can become the primary layer
    reference_hidden_state, reference_blocks : the original's layer and depth; hidden state 0 is the
        embedding, k is the output of block k
    resamples, seed : of the bootstrap over wordings and questions
    experiment : what adapters are taught and asked; None in a study that only measures

    Raises
    ------
    StudyError
        The assistant is not the last persona.
    """

    personas: Mapping[str, str]
    centring_extras: Mapping[str, str]
    wordings: tuple[str, ...]
    questions: tuple[str, ...]
    answer_tokens: int
    smallest_reliability: float
    shallowest_layer: int
    reference_hidden_state: int
    reference_blocks: int
    resamples: int
    seed: int
    experiment: ExperimentDesign | None = None

    def __post_init__(self) -> None:
        if not self.personas or tuple(self.personas)[-1] != ASSISTANT:
            raise StudyError(
                f"key personas: expected {ASSISTANT!r} as the last, got {list(self.personas)!r:.80}"
            )

    @property
    def sources(self) -> tuple[str, ...]:
        """The personas without the assistant."""
        return tuple(persona for persona in self.personas if persona != ASSISTANT)

    @property
    def prompts(self) -> Mapping[str, str]:
        """Noun phrases of everyone who is asked: personas, the assistant, centring extras."""
        return {**self.personas, **self.centring_extras}

    @property
    def digest(self) -> str:
        """SHA-256 of all that the study says about measuring; the experiment changes no measurement."""
        content = asdict(self) | {"personas": list(self.personas.items())}
        del content["experiment"]
        return _digest(content)

    @property
    def experiment_digest(self) -> str:
        """SHA-256 of all that the study says about one seed's experiment, measurements included."""
        content = asdict(self.experiment) if self.experiment else {}
        # Which seeds are run, and how they are divided into cells, determines no seed's result.
        for key in ("seeds", "sources_per_cell"):
            content.pop(key, None)
        return _digest([self.digest, content])

    def system_prompt(self, wording: str, persona: str) -> str:
        """Return a persona's system prompt in one wording."""
        return wording.replace(SLOT, self.prompts[persona])

    def training_prompt(self, persona: str) -> str:
        """Return the system prompt of a persona, of the study or for calibration, in the first wording."""
        others = self.experiment.calibration_personas if self.experiment else {}
        return self.wordings[0].replace(SLOT, {**self.prompts, **others}[persona])

    def reference_layer(self, blocks: int) -> int:
        """Return the hidden state at the original's relative depth in a model of ``blocks`` blocks."""
        return max(1, round(blocks * self.reference_hidden_state / self.reference_blocks))


def read_study(path: Path) -> Study:
    """Read a study.

    Raises
    ------
    StudyError
        One line naming file, key and what was expected.
    """
    document = read_toml(path, StudyError)
    personas = _personas(document)
    extras: dict[str, str] = {}
    if "centring" in document:
        centring = document.table("centring")
        extras = centring.named_texts("extra_personas")
        centring.refuse_unknown()
        for name, phrase in extras.items():
            if name in personas or phrase in personas.values():
                raise centring.wrong(f"extra_personas.{name}", "a persona that is not in the study", phrase)
    wordings, questions, measurement = (
        document.table(key) for key in ("wordings", "questions", "measurement")
    )
    templates = wordings.texts("templates")
    for index, template in enumerate(templates):
        if template.count(SLOT) != 1:
            raise wordings.wrong(f"templates[{index}]", f"a text with {SLOT} once", template)
    if len(templates) < 2:
        raise wordings.wrong(
            "templates", "two wordings or more, to tell persona from wording", len(templates)
        )
    evaluation = questions.texts("evaluation")
    study = Study(
        personas=personas,
        centring_extras=extras,
        wordings=templates,
        questions=evaluation,
        answer_tokens=measurement.integer("answer_tokens", 1),
        smallest_reliability=measurement.number("smallest_reliability", 0, 1),
        shallowest_layer=measurement.integer("shallowest_layer", 1),
        reference_hidden_state=measurement.integer("reference_hidden_state", 1),
        reference_blocks=measurement.integer("reference_blocks", 1),
        resamples=measurement.integer("resamples", 100),
        seed=measurement.integer("seed"),
        experiment=(
            read_design(document, questions, {**personas, **extras}, evaluation)
            if "experiment" in document
            else None
        ),
    )
    for table in (wordings, questions, measurement, document):
        table.refuse_unknown()
    return study


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _personas(document: TomlTable) -> dict[str, str]:
    personas = document.named_texts("personas")
    if ASSISTANT not in personas:
        raise document.wrong("personas", f"the persona '{ASSISTANT}' among them", list(personas))
    if len(personas) <= FEWEST_SOURCES:
        raise document.wrong("personas", f"at least {FEWEST_SOURCES} beside the assistant", list(personas))
    return {**{n: p for n, p in personas.items() if n != ASSISTANT}, ASSISTANT: personas[ASSISTANT]}
