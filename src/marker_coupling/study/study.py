"""A study: personas, wordings and questions, read from TOML and checked on reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from guarded_files.schema import Array, Named, Section
from guarded_files.schema_values import Real, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.study.experiment_design import (
    CALIBRATION_PERSONAS,
    EXPERIMENT,
    MOST_PERSONAS,
    QUESTIONS,
    SEED,
    TOKENS,
    ExperimentDesign,
    check_strangers,
    read_design,
)
from marker_coupling.study.labels import LABELS, label_of, read_labels
from marker_coupling.study.personas import ASSISTANT

SLOT = "{persona}"
FEWEST_SOURCES = 4
#: Of a model: more than any has.
BLOCKS = Whole(1, 1000)
#: Cosines of every two personas in every wording and resample, as floats of 8 bytes: 1 GiB.
MOST_RESAMPLED_NUMBERS = 2**27
#: All that the file of a study may hold; the keys of an experiment are missing in a study that only measures.
STUDY = Section(
    {
        "personas": Named(Text(), MOST_PERSONAS, "personas, the assistant among them", FEWEST_SOURCES + 1),
        "centring": Section({"extra_personas": Named(Text(), MOST_PERSONAS, "personas")}),
        "calibration_personas": CALIBRATION_PERSONAS,
        "wordings": Section({"templates": Array(Text(), 100, "wordings", 2)}),
        "questions": Section({"evaluation": QUESTIONS, "training": QUESTIONS}, frozenset({"training"})),
        "labels": LABELS,
        "experiment": EXPERIMENT,
        "measurement": Section(
            {
                "answer_tokens": TOKENS,
                "smallest_reliability": Real(0, 1),
                "reference_hidden_state": BLOCKS,
                "reference_blocks": BLOCKS,
                "resamples": Whole(100, 100_000),
                "seed": SEED,
            },
            # Refused whatever its value: a setting without effect would be taken for one.
            retired={
                "shallowest_layer": "no longer a key: no layer is chosen any more, cosines are averaged over "
                "the upper half of the layers; leave it out"
            },
        ),
    },
    frozenset({"centring", "calibration_personas", "labels", "experiment"}),
)


class StudyError(ValueError):
    """A study file is not sound; one line naming file, key and expectation."""


@dataclass(frozen=True)
class Study:
    """Personas, wordings and questions for a base model, with the settings of the measurement.

    Parameters
    ----------
    personas : noun phrases by persona; the assistant is the last
    centring_extras : more personas whose prompts only join the mean that is subtracted
    wordings : (w,) templates with the slot ``{persona}``, at least two, the same for every persona
    questions : (q,) for every persona
    answer_tokens : length to which the assistant's answers are cut
    smallest_reliability : mean correlation between wordings below which a measure is uninformative
    reference_hidden_state, reference_blocks : the original's layer and depth; hidden state 0 is the
        embedding, k is the output of block k
    resamples, seed : of the bootstrap over wordings and questions
    experiment : design of the adapters' training and sampling; None in a study that only measures
    labels : personas' labels in figures, where not their names

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
    reference_hidden_state: int
    reference_blocks: int
    resamples: int
    seed: int
    experiment: ExperimentDesign | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

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
        """Noun phrases of all prompts: sources, the assistant, centring extras."""
        return {**self.personas, **self.centring_extras}

    @property
    def digest(self) -> str:
        """SHA-256 of all that the study says about measuring; the experiment changes no measurement."""
        # Digests on record were made when layers had a shallowest one, which was 1 in every study on record.
        content = self.content() | {"personas": list(self.personas.items()), "shallowest_layer": 1}
        del content["experiment"]
        return _digest(content)

    @property
    def experiment_digest(self) -> str:
        """SHA-256 of all that the study says about one seed's experiment, measurements included."""
        content = asdict(self.experiment) if self.experiment else {}
        # A seed's result depends neither on the other seeds nor on the size of adapter groups.
        for key in ("seeds", "sources_per_cell"):
            content.pop(key, None)
        return _digest([self.digest, content])

    def content(self) -> dict[str, object]:
        """Return all that may determine a result, as plain values: everything but the labels."""
        content = asdict(self)
        del content["labels"]
        return content

    def label(self, persona: str) -> str:
        """Return a persona's label in figures."""
        return label_of(persona, self.labels)

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
        One line naming file, key and expectation.
    """
    document = read_document(path, STUDY, StudyError)
    personas = _personas(document)
    extras: dict[str, str] = (document.get("centring") or {}).get("extra_personas", {})
    check_strangers(document, "centring.extra_personas", extras, personas)
    templates: tuple[str, ...] = document["wordings"]["templates"]
    for index, template in enumerate(templates):
        if template.count(SLOT) != 1:
            raise document.wrong(f"wordings.templates[{index}]", f"a text with {SLOT} once", template)
    study = Study(
        personas=personas,
        centring_extras=extras,
        wordings=templates,
        questions=document["questions"]["evaluation"],
        **document["measurement"],
        experiment=read_design(document, {**personas, **extras}),
        labels=read_labels(document, (*personas, *extras)),
    )
    if study.reference_hidden_state > study.reference_blocks:
        expected = f"at most the {study.reference_blocks} of reference_blocks"
        raise document.wrong("measurement.reference_hidden_state", expected, study.reference_hidden_state)
    resampled = len(templates) * len(study.prompts) ** 2
    if study.resamples * resampled > MOST_RESAMPLED_NUMBERS:
        expected = (
            f"at most {MOST_RESAMPLED_NUMBERS // resampled}, with {len(templates)} wordings and "
            f"{len(study.prompts)} personas"
        )
        raise document.wrong("measurement.resamples", expected, study.resamples)
    return study


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _personas(document: TomlDocument) -> dict[str, str]:
    personas: dict[str, str] = document["personas"]
    if ASSISTANT not in personas:
        raise document.wrong("personas", f"the persona {ASSISTANT!r} among them", ", ".join(personas))
    return {**{n: p for n, p in personas.items() if n != ASSISTANT}, ASSISTANT: personas[ASSISTANT]}
