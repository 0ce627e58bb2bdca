"""Evidence of a registered study on one base model: every persona in every seed, as one JSON file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from guarded_files import read_json, refusal
from guarded_files.schema import Array, Named, Section, Unchecked
from guarded_files.schema_values import NAME, AnyText, Choice, Mismatch, Real, Whole
from marker_coupling.evidence.values.fields import (
    EvidenceError,
    FloatArray,
    IntArray,
    as_plain,
    distinct_names,
    finite_floats,
    hits_and_samples,
    set_fields,
    whole_numbers,
    within_range,
)
from marker_coupling.evidence.values.measures import LARGEST_JS_NATS
from marker_coupling.study.registration import OUTCOMES

#: Suffix of a file with the evidence of a registered study.
STUDY_SUFFIX = ".study.json"
#: Suffix of a file with the calibration of a base model for it.
CALIBRATION_SUFFIX = ".calibration.json"
MOST_BYTES = 64 * 2**20
MOST_PERSONAS = 10_000
#: Beyond any log-odds of a float, and any composite of standardised cosines.
_LARGEST = 1e6
#: Prompts that every adapter is asked under before its bystanders': own, assistant, two negatives.
FIXED_PROMPTS = 4
_NUMBERS = Unchecked((list,), "an array of numbers")
_COSINES = Section({"assistant": _NUMBERS, "panel": _NUMBERS, "sources": _NUMBERS})
STUDY_EVIDENCE = Section(
    {
        "base_model": NAME,
        "registration": AnyText(),
        "learning_rate": Real(0, 10),
        "epochs": Whole(1, 1000),
        "outcome": Choice(OUTCOMES),
        "personas": Array(NAME, MOST_PERSONAS, "names"),
        "categories": Array(NAME, MOST_PERSONAS, "names", distinct=False),
        "seeds": Array(Whole(0, 2**32 - 1), 1000, "seeds"),
        "bystanders": _NUMBERS,
        "hits": _NUMBERS,
        "samples": Whole(1, 2**31),
        "forced_log_odds": _NUMBERS,
        "untrained_prompts": Array(NAME, 1000, "names"),
        "untrained_log_odds": _NUMBERS,
        "gating_area": _NUMBERS,
        "cosines": _COSINES,
        "negatives_cosine": _NUMBERS,
        "cosines_by_layer": _COSINES,
        "bystander_cosine": _NUMBERS,
        "js_nats": _NUMBERS,
        "lexical_cosine": _NUMBERS,
        "prompt_tokens": _NUMBERS,
        "properties": Named(AnyText(), 1000, "facts", least=0, distinct=False, name=AnyText()),
    }
)


@dataclass(frozen=True, eq=False)
class StudyEvidence:
    """Measures of one base model in a registered study, by persona and seed.

    Axes: N personas, S seeds, B bystanders, T texts of a persona (its name first), W wordings, L layers.

    Parameters
    ----------
    base_model : its name
    registration : digest of the study's registration
    learning_rate, epochs, outcome : as calibration chose them
    personas, categories : (N,) names
    seeds : (S,)
    bystanders : (N, S, B) indices of the personas under whose prompts an adapter was asked
    hits : (N, S, 4 + B) sampled answers with the marker, under the prompts of the source, the assistant, the
        seed's two negatives, and the bystanders
    samples : answers under each prompt
    forced_log_odds : (N, S, 4 + B) of the teacher-forced marker after training, mean over questions
    untrained_prompts : (U,) names of prompts of the source that training never saw
    untrained_log_odds : (N, S, U) of the teacher-forced marker under them
    gating_area : (N, S) under the curve of forced gating over training
    cosines : to ``assistant``, ``panel``, other ``sources``, each (T, W, N): composite of the layers' upper
        half
    negatives_cosine : (T, W, N, S) the same to the two negatives of each seed, mean of both
    cosines_by_layer : as ``cosines``, each (L, N), mean over texts and wordings, from layer 1 on
    bystander_cosine : (N, S, B) between the names of source and bystander, mean over wordings and the upper
        half of the layers
    js_nats : (T, W, N) Jensen-Shannon divergence from the assistant
    lexical_cosine, prompt_tokens : (N,) of the trained prompt
    properties : facts for the head of a report

    Raises
    ------
    EvidenceError
        One line naming the field and the expectation.
    """

    base_model: str
    registration: str
    learning_rate: float
    epochs: int
    outcome: str
    personas: tuple[str, ...]
    categories: tuple[str, ...]
    seeds: tuple[int, ...]
    bystanders: IntArray
    hits: IntArray
    samples: int
    forced_log_odds: FloatArray
    untrained_prompts: tuple[str, ...]
    untrained_log_odds: FloatArray
    gating_area: FloatArray
    cosines: Mapping[str, FloatArray]
    negatives_cosine: FloatArray
    cosines_by_layer: Mapping[str, FloatArray]
    bystander_cosine: FloatArray
    js_nats: FloatArray
    lexical_cosine: FloatArray
    prompt_tokens: IntArray
    properties: Mapping[str, str]

    def __post_init__(self) -> None:
        personas = distinct_names("personas", self.personas)
        if len(self.categories) != len(personas):
            raise EvidenceError(f"categories: expected {len(personas)} names, got {len(self.categories)}")
        cells = len(personas), len(self.seeds)
        per_cell, texts = self._depth("bystanders", 3), self._depth("js_nats", 3)
        bystanders = whole_numbers("bystanders", self.bystanders, (*cells, per_cell[2]))
        if bystanders.size and not 0 <= bystanders.min() <= bystanders.max() < len(personas):
            raise EvidenceError(f"bystanders: expected indices from 0 to {len(personas) - 1}")
        asked = *cells, FIXED_PROMPTS + per_cell[2]
        hits, _ = hits_and_samples("", self.hits, np.full(asked, self.samples), asked)
        by_text = *texts[:2], len(personas)
        layers = np.shape(self.cosines_by_layer["assistant"])[:1]
        set_fields(
            self,
            personas=personas,
            bystanders=bystanders,
            hits=hits,
            forced_log_odds=_sizes("forced_log_odds", self.forced_log_odds, asked),
            untrained_log_odds=_sizes(
                "untrained_log_odds", self.untrained_log_odds, (*cells, len(self.untrained_prompts))
            ),
            gating_area=_sizes("gating_area", self.gating_area, cells),
            cosines=_by_target("cosines", self.cosines, by_text, _LARGEST),
            negatives_cosine=_sizes("negatives_cosine", self.negatives_cosine, (*by_text, cells[1])),
            cosines_by_layer=_by_target(
                "cosines_by_layer", self.cosines_by_layer, (*layers, len(personas)), 1
            ),
            bystander_cosine=_sizes("bystander_cosine", self.bystander_cosine, bystanders.shape, 1),
            js_nats=within_range(
                "js_nats", finite_floats("js_nats", self.js_nats, by_text), 0, LARGEST_JS_NATS
            ),
            lexical_cosine=_sizes("lexical_cosine", self.lexical_cosine, cells[:1], 1),
            prompt_tokens=self._prompt_tokens(cells[:1]),
            properties=MappingProxyType(dict(self.properties)),
        )

    @property
    def setting(self) -> tuple[float, int, str]:
        """Learning rate, epochs and outcome."""
        return self.learning_rate, self.epochs, self.outcome

    @cached_property
    def sha256(self) -> str:
        """Digest of the content of its file."""
        return hashlib.sha256(self._text().encode()).hexdigest()

    def write(self, path: Path) -> None:
        """Write a file, as JSON."""
        path.write_text(self._text(), encoding="utf-8")

    def _text(self) -> str:
        content = {entry.name: as_plain(getattr(self, entry.name)) for entry in fields(self)}
        return json.dumps(content, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: Path) -> StudyEvidence:
        """Read a file written by :meth:`write`.

        Raises
        ------
        EvidenceError
            The file cannot be read, or holds no evidence of a registered study.
        """
        content = read_json(path, MOST_BYTES, EvidenceError)
        try:
            return cls(**STUDY_EVIDENCE.check(content))
        except (Mismatch, EvidenceError) as error:
            expected = f"expected the evidence of a registered study: {error!s:.200}"
            raise refusal(EvidenceError, path, "", expected) from error

    def _prompt_tokens(self, shape: tuple[int, ...]) -> IntArray:
        tokens = whole_numbers("prompt_tokens", self.prompt_tokens, shape)
        if (tokens < 1).any():
            raise EvidenceError(f"prompt_tokens: expected at least 1, got {tokens.min()}")
        return tokens

    def _depth(self, key: str, axes: int) -> tuple[int, ...]:
        try:
            shape: tuple[int, ...] = np.shape(getattr(self, key))
        except ValueError as error:
            raise EvidenceError(f"{key}: expected numbers in {axes} axes") from error
        if len(shape) != axes:
            raise EvidenceError(f"{key}: expected {axes} axes, got shape {shape}")
        return shape


def _sizes(key: str, values: FloatArray, shape: tuple[int, ...], largest: float = _LARGEST) -> FloatArray:
    return within_range(key, finite_floats(key, values, shape), -largest, largest)


def _by_target(
    key: str, arrays: Mapping[str, FloatArray], shape: tuple[int, ...], largest: float
) -> Mapping[str, FloatArray]:
    return MappingProxyType(
        {name: _sizes(f"{key}.{name}", array, shape, largest) for name, array in arrays.items()}
    )
