"""Dissociation of prompt and content: does the marker follow the persona's prompt, or the answer's content?

Every adapter continues the openings of its own answers, under its own persona's prompt or under another
persona's. Prompt and opening are crossed, which gives four conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

from marker_coupling.evidence.values.fields import (
    EvidenceError,
    FloatArray,
    IntArray,
    distinct_names,
    hits_and_samples,
    set_fields,
)

#: Prompt and opening of each condition: the source's own, or the other persona's.
CONDITIONS = (("own", "own"), ("own", "other"), ("other", "own"), ("other", "other"))


@dataclass(frozen=True, eq=False)
class Dissociation:
    """Marker counts with prompt and opening crossed.

    Parameters
    ----------
    sources : (S,) personas, one adapter each
    others : (S,) the other persona of each
    hits, samples : (S, 2, 2) answers with the marker, and all; first axis after the source: under its own
        prompt, the other's; second: after its own opening, the other's

    Raises
    ------
    EvidenceError
        A shape, a count or a name is impossible.
    """

    sources: tuple[str, ...]
    others: tuple[str, ...]
    hits: IntArray
    samples: IntArray

    def __post_init__(self) -> None:
        sources = distinct_names("dissociation.sources", self.sources)
        if len(self.others) != len(sources) or any(a == b for a, b in zip(sources, self.others, strict=True)):
            raise EvidenceError("dissociation.others: expected another persona for each source")
        hits, samples = hits_and_samples("dissociation.", self.hits, self.samples, (len(sources), 2, 2))
        set_fields(self, sources=sources, others=tuple(self.others), hits=hits, samples=samples)

    @property
    def rate(self) -> FloatArray:
        """Share of answers with the marker, (S, 2, 2)."""
        return self.hits / self.samples

    @property
    def prompt_effect(self) -> FloatArray:
        """Main effect of the own prompt on the rate, averaged over openings, (S,)."""
        effect: FloatArray = (self.rate[:, 0] - self.rate[:, 1]).mean(axis=1)
        return effect

    @property
    def opening_effect(self) -> FloatArray:
        """Main effect of the own opening on the rate, averaged over prompts, (S,)."""
        effect: FloatArray = (self.rate[:, :, 0] - self.rate[:, :, 1]).mean(axis=1)
        return effect
