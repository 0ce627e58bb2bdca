"""A body of evidence: the measures of each source persona, as one immutable table with its origin.

It is read from a table, published or a user's own, or made by measuring a model. A claim asks it only for its
measures; a measure that was not taken is ``None`` and its name is missing from ``measures``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from marker_coupling.evidence.values.fields import (
    EvidenceError,
    FloatArray,
    IntArray,
    distinct_names,
    finite_floats,
    hits_and_samples,
    set_fields,
    within_range,
)
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.evidence.values.measures import COLUMNS, DISTANCE_RANGES, NUMBER_COLUMNS
from marker_coupling.study.labels import label_of
from marker_coupling.study.personas import ASSISTANT

__all__ = ["Evidence", "EvidenceError", "PublishedStatistic"]


@dataclass(frozen=True)
class PublishedStatistic:
    """A Pearson correlation as printed, with half the unit of its last digit.

    Parameters
    ----------
    x, y : different columns of the table, each of ``COLUMNS``
    r, p : as printed
    r_half_width, p_half_width : the true value lies within this of the printed one: 0.005 for "-0.66"
    """

    x: str
    y: str
    r: float
    r_half_width: float
    p: float
    p_half_width: float

    def __post_init__(self) -> None:
        if self.x == self.y:
            raise EvidenceError(f"y: expected another column than x, {self.x!r}")


@dataclass(frozen=True, eq=False)
class Evidence:
    """Measures of N source personas and where they come from.

    Parameters
    ----------
    name : short; becomes part of a test's id
    personas : N source personas, the assistant not among them
    cosine_to_assistant : (N,) cosine of centred persona representations to the assistant's; of a base
        model that was measured here their mean over the upper half of the layers, also in [-1, 1]
    js_to_assistant : (N,) Jensen-Shannon divergence of next-token distributions, nats
    marker_hits, marker_samples : (N,) answers under the source's own prompt: with the marker, and all
    leakage : marker counts under other prompts; its sources are ``personas``, in the same order; where it
        has their own prompts too, it tells the two above
    rounding : half width of the last printed digit by column, for tables that were printed
    published_statistics : correlations printed beside the table
    trained_positives, trained_examples : training examples with the marker, and all, per adapter
    source : citation or file, for people to read
    determinants : provenance key: all inputs that determined the numbers; by default the numbers' digest
    properties : more for the head of the report, such as device and base model fingerprint
    labels : personas' labels in figures, where not their names; part of no digest and no file

    Raises
    ------
    EvidenceError
        Lengths differ, a value is not finite or out of its range, or a name is empty or given twice.
    """

    name: str
    personas: tuple[str, ...]
    cosine_to_assistant: FloatArray | None = None
    js_to_assistant: FloatArray | None = None
    marker_hits: IntArray | None = None
    marker_samples: IntArray | None = None
    leakage: Leakage | None = None
    rounding: Mapping[str, float] = field(default_factory=dict)
    published_statistics: tuple[PublishedStatistic, ...] = ()
    trained_positives: int | None = None
    trained_examples: int | None = None
    source: str = ""
    determinants: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        personas = distinct_names("personas", self.personas)
        if ASSISTANT in personas:
            raise EvidenceError(
                f"personas: {ASSISTANT!r} is what distances are taken to, not a source persona"
            )
        shape = (len(personas),)
        for column, (low, high) in DISTANCE_RANGES.items():
            values = getattr(self, column)
            if values is not None:
                checked = within_range(column, finite_floats(column, values, shape), low, high)
                set_fields(self, **{column: checked})
        if (self.marker_hits is None) != (self.marker_samples is None):
            raise EvidenceError("marker_hits, marker_samples: expected both or neither")
        if self.marker_hits is not None and self.marker_samples is not None:
            hits, samples = hits_and_samples("marker_", self.marker_hits, self.marker_samples, shape)
            set_fields(self, marker_hits=hits, marker_samples=samples)
        self._check_leakage(personas)
        self._check_training()
        for column, width in self.rounding.items():
            if column not in COLUMNS or not 0 < width < 1:
                raise EvidenceError(
                    f"rounding.{column:.40}: expected a half width from above 0 to below 1 of "
                    f"{', '.join(COLUMNS)}, got {width!r:.40}"
                )
        set_fields(
            self,
            personas=personas,
            rounding=MappingProxyType({key: float(width) for key, width in self.rounding.items()}),
            published_statistics=tuple(self.published_statistics),
            properties=MappingProxyType(dict(self.properties)),
            labels=MappingProxyType(dict(self.labels)),
        )

    def label(self, persona: str) -> str:
        """Return a persona's label in figures."""
        return label_of(persona, self.labels)

    @property
    def source_rate(self) -> FloatArray:
        """Share of answers under the source's own prompt that contain the marker, (N,)."""
        if self.marker_hits is None or self.marker_samples is None:
            raise EvidenceError(f"evidence {self.name!r:.60}: source_rate was not measured")
        return finite_floats("source_rate", self.marker_hits / self.marker_samples, self.marker_hits.shape)

    @property
    def leak_to_assistant(self) -> FloatArray:
        """Share of answers under the assistant's prompt that contain the marker, (N,)."""
        if self.leakage is None:
            raise EvidenceError(f"evidence {self.name!r:.60}: leak_to_assistant was not measured")
        return self.leakage.leak_to(ASSISTANT)

    @property
    def trained_rate(self) -> float:
        """Share of training examples with the marker: the rate of an adapter that learned no gating."""
        if self.trained_positives is None or self.trained_examples is None:
            raise EvidenceError(f"evidence {self.name!r:.60}: trained_rate is not known")
        return self.trained_positives / self.trained_examples

    @cached_property
    def measures(self) -> frozenset[str]:
        """Names of the measures at hand, including ``persona:<name>`` for every persona."""
        measured = {
            "cosine_to_assistant": self.cosine_to_assistant is not None,
            "js_to_assistant": self.js_to_assistant is not None,
            "distances": self.cosine_to_assistant is not None and self.js_to_assistant is not None,
            "source_rate": self.marker_hits is not None,
            "leakage": self.leakage is not None and self.leakage.is_complete,
            "leak_to_assistant": self.leakage is not None and ASSISTANT in self.leakage.prompts,
            "published_statistics": bool(self.published_statistics),
            "rounding": bool(self.rounding),
            "trained_rate": self.trained_examples is not None,
        }
        personas = (f"persona:{persona}" for persona in self.personas)
        return frozenset([*(measure for measure, present in measured.items() if present), *personas])

    @cached_property
    def sha256(self) -> str:
        """Digest of the numbers and the personas they belong to, as 64 hexadecimal digits.

        Neither the order of personas nor name, source or properties change it: the same table has the
        same digest wherever it is kept.
        """
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def determined_by(self) -> str:
        """Provenance key; for a table, which nothing but itself determines, its digest."""
        return self.determinants or f"sha256:{self.sha256}"

    def __str__(self) -> str:
        """Write the table, one line a persona."""
        columns = {
            "persona": list(self.personas),
            "cosine": _cells(self.cosine_to_assistant, "+.3f"),
            "JS": _cells(self.js_to_assistant, ".3f"),
            "source rate": _cells(None if self.marker_hits is None else self.source_rate, ".0%"),
            "to assistant": _cells(
                self.leak_to_assistant if "leak_to_assistant" in self.measures else None, ".0%"
            ),
            "answers": _cells(self.marker_samples, "d"),
        }
        shown = {title: cells for title, cells in columns.items() if cells}
        widths = {title: max(map(len, (title, *cells))) for title, cells in shown.items()}
        rows = [list(shown), *(list(row) for row in zip(*shown.values(), strict=True))]
        # Names to the left, numbers to the right.
        return "\n".join(
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths.values(), strict=True))
            )
            for row in rows
        )

    def _check_leakage(self, personas: tuple[str, ...]) -> None:
        if self.leakage is None:
            return
        if self.leakage.sources != personas:
            raise EvidenceError("leakage.sources: expected the personas, in the same order")
        if not self.leakage.is_complete:
            return
        hits, samples = self.leakage.own_counts()
        if self.marker_hits is None or self.marker_samples is None:
            set_fields(self, marker_hits=hits, marker_samples=samples)
            return
        same = (hits == self.marker_hits) & (samples == self.marker_samples)
        if not same.all():
            persona = personas[int(np.argmin(same))]
            raise EvidenceError(
                f"leakage: expected the counts of {persona!r:.60} under its own prompt to be its marker_hits"
            )

    def _check_training(self) -> None:
        positives, examples = self.trained_positives, self.trained_examples
        if positives is None and examples is None:
            return
        if positives is None or examples is None or not 0 <= positives <= examples or examples == 0:
            raise EvidenceError(
                "trained_positives, trained_examples: expected both or neither, and no more positives "
                f"than examples, got {positives!r:.40} and {examples!r:.40}"
            )

    def _content(self) -> dict[str, object]:
        order = sorted(range(len(self.personas)), key=self.personas.__getitem__)
        content: dict[str, object] = {
            "personas": sorted(self.personas),
            "rounding": dict(self.rounding),
            "published_statistics": sorted(
                [s.x, s.y, *map(float, (s.r, s.r_half_width, s.p, s.p_half_width))]
                for s in self.published_statistics
            ),
            "trained": [self.trained_positives, self.trained_examples],
        }
        for column in NUMBER_COLUMNS:
            values = getattr(self, column)
            content[column] = None if values is None else values[order].tolist()
        if self.leakage is not None:
            prompts = self.leakage.prompts
            prompt_order = sorted(range(len(prompts)), key=prompts.__getitem__)
            content["leakage"] = {
                "prompts": sorted(prompts),
                "hits": self.leakage.hits[np.ix_(order, prompt_order)].tolist(),
                "samples": self.leakage.samples[np.ix_(order, prompt_order)].tolist(),
            }
        return content


def _cells(values: FloatArray | IntArray | None, form: str) -> list[str]:
    return [] if values is None else [format(value, form) for value in values.tolist()]
