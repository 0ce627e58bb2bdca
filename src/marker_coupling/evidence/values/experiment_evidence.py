"""Evidence of an experiment: that of a table, with more measures and provenance, as one JSON file.

Reading the file and writing it again gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from guarded_files import read_json, refusal
from guarded_files.schema import Array, Named, Nullable, Section, Unchecked
from guarded_files.schema_values import NAME, AnyText, Mismatch, Real, Whole
from marker_coupling.evidence.values.dissociation import Dissociation
from marker_coupling.evidence.values.evidence import Evidence
from marker_coupling.evidence.values.fields import (
    EvidenceError,
    FloatArray,
    as_plain,
    finite_floats,
    set_fields,
    within_range,
)
from marker_coupling.evidence.values.leakage import Leakage

#: In a folder of the store.
FILE = "evidence.json"
MOST_EVIDENCE_BYTES = 16 * 2**20
MOST_PERSONAS = 1000
#: Checked where the arrays are made of them, in shape and content.
_NUMBERS = Unchecked((list,), "an array of numbers")
_NAMES = Array(NAME, MOST_PERSONAS + 1, "names")
_COUNTED = {"hits": _NUMBERS, "samples": _NUMBERS}
_LEAKAGE = Nullable(Section({"sources": _NAMES, "prompts": _NAMES, **_COUNTED}))
# Two sources may have the same other persona.
_OTHERS = Array(NAME, MOST_PERSONAS, "names", distinct=False)
_FACTS = Named(AnyText(), 1000, "facts", least=0, distinct=False, name=AnyText())
_TRAINED = Nullable(Whole(0, 2**53))
#: All that the file of an experiment's evidence holds.
EXPERIMENT_EVIDENCE = Section(
    {
        "name": NAME,
        "personas": _NAMES,
        "cosine_to_assistant": Nullable(_NUMBERS),
        "js_to_assistant": Nullable(_NUMBERS),
        "marker_hits": Nullable(_NUMBERS),
        "marker_samples": Nullable(_NUMBERS),
        "leakage": _LEAKAGE,
        "rounding": Named(Real(0, 1), 10, "half widths", least=0, distinct=False),
        "published_statistics": Unchecked((list,), "an array"),
        "trained_positives": _TRAINED,
        "trained_examples": _TRAINED,
        "source": AnyText(),
        "determinants": AnyText(),
        "properties": _FACTS,
        "marker_probability": Nullable(_NUMBERS),
        "dissociation": Nullable(Section({"sources": _NAMES, "others": _OTHERS, **_COUNTED})),
        "shuffled_control": _LEAKAGE,
        "unmarked_control": _LEAKAGE,
        "uninformative": _FACTS,
        "provenance": Unchecked((dict,), "an object"),
    }
)


@dataclass(frozen=True, eq=False)
class ExperimentEvidence(Evidence):
    """Measures of one experiment: one base model, study, recipe and seed.

    Parameters
    ----------
    marker_probability : (S, P) teacher-forced probability of the marker at the end of generic answers, mean
        over questions; prompts in the order of ``leakage.prompts``
    dissociation : prompt and opening crossed
    shuffled_control, unmarked_control : under every prompt, an adapter trained with markers shuffled over
        personas, and one trained without any marker
    uninformative : measures that were taken but tell nothing, each with the reason
    provenance : inputs and versions that are needed to repeat the experiment

    Raises
    ------
    EvidenceError
        As :class:`Evidence`.
    """

    marker_probability: FloatArray | None = None
    dissociation: Dissociation | None = None
    shuffled_control: Leakage | None = None
    unmarked_control: Leakage | None = None
    uninformative: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.marker_probability is not None:
            if self.leakage is None:
                raise EvidenceError("marker_probability: expected leakage, whose prompts it shares")
            shape = self.leakage.hits.shape
            checked = finite_floats("marker_probability", self.marker_probability, shape)
            set_fields(self, marker_probability=within_range("marker_probability", checked, 0, 1))
        if self.dissociation is not None and self.dissociation.sources != self.personas:
            raise EvidenceError("dissociation.sources: expected the personas, in the same order")
        set_fields(self, uninformative=MappingProxyType(dict(self.uninformative)))

    @property
    def own_marker_probability(self) -> FloatArray:
        """Teacher-forced probability of the marker under each source's own prompt, (S,)."""
        if self.marker_probability is None or self.leakage is None:
            raise EvidenceError(f"evidence {self.name!r:.60}: marker_probability was not measured")
        return self.marker_probability[range(len(self.personas)), self.leakage.own_columns()]

    @cached_property
    def measures(self) -> frozenset[str]:
        """Names of the measures at hand, including ``persona:<name>`` for every persona.

        Without ``distances``: how cosine and JS are related is a question to the base model's measurement,
        which all its experiments share.
        """
        measured = {
            "marker_probability": self.marker_probability is not None,
            "dissociation": self.dissociation is not None,
            "controls": self.shuffled_control is not None and self.unmarked_control is not None,
        }
        present = {measure for measure, is_there in measured.items() if is_there}
        return (super().measures | present) - {"distances"}

    def _content(self) -> dict[str, object]:
        content = super()._content()
        order = sorted(range(len(self.personas)), key=self.personas.__getitem__)
        if self.marker_probability is not None and self.leakage is not None:
            prompts = self.leakage.prompts
            columns = sorted(range(len(prompts)), key=prompts.__getitem__)
            content["marker_probability"] = self.marker_probability[order][:, columns].tolist()
        if self.dissociation is not None:
            others, hits, samples = (getattr(self.dissociation, key) for key in ("others", "hits", "samples"))
            content["dissociation"] = [[others[k], hits[k].tolist(), samples[k].tolist()] for k in order]
        for control in ("shuffled_control", "unmarked_control"):
            if (leakage := getattr(self, control)) is not None:
                content[control] = as_plain(leakage)
        content["uninformative"] = dict(self.uninformative)
        return content

    def write(self, path: Path) -> None:
        """Write a file, as JSON."""
        names = [entry.name for entry in fields(self) if entry.name != "labels"]
        content = {name: as_plain(getattr(self, name)) for name in names}
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> ExperimentEvidence:
        """Read a file written by :meth:`write`.

        Raises
        ------
        EvidenceError
            The file cannot be read, or holds no evidence of an experiment.
        """
        content = read_json(path, MOST_EVIDENCE_BYTES, EvidenceError)
        try:
            checked = EXPERIMENT_EVIDENCE.check(content)
            for key in ("leakage", "shuffled_control", "unmarked_control"):
                if checked[key] is not None:
                    checked[key] = Leakage(**checked[key])
            if checked["dissociation"] is not None:
                checked["dissociation"] = Dissociation(**checked["dissociation"])
            checked["published_statistics"] = ()
            return cls(**checked)
        except (Mismatch, EvidenceError) as error:
            raise refusal(
                EvidenceError, path, "", f"expected the evidence of an experiment: {error!s:.200}"
            ) from error
