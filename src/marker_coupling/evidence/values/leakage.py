"""Marker leakage: rate of the marker in each adapter's answers under every persona's prompt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from marker_coupling.evidence.values.fields import (
    EvidenceError,
    FloatArray,
    IntArray,
    distinct_names,
    finite_floats,
    hits_and_samples,
    set_fields,
)


@dataclass(frozen=True, eq=False)
class Leakage:
    """Marker counts of every adapter under every persona's prompt.

    Parameters
    ----------
    sources : S source personas, one adapter each
    prompts : P personas whose prompts were used: all sources, or none of them; and the assistant if measured
    hits : (S, P) int, sampled answers that contain the marker
    samples : (S, P) int, sampled answers

    Raises
    ------
    EvidenceError
        A shape, a count or a name is impossible, or only some sources are among the prompts.
    """

    sources: tuple[str, ...]
    prompts: tuple[str, ...]
    hits: IntArray
    samples: IntArray

    def __post_init__(self) -> None:
        sources = distinct_names("leakage.sources", self.sources)
        prompts = distinct_names("leakage.prompts", self.prompts)
        missing = [source for source in sources if source not in prompts]
        if 0 < len(missing) < len(sources):
            raise EvidenceError(f"leakage.prompts: expected all sources or none, {missing[0]!r} is missing")
        shape = (len(sources), len(prompts))
        hits, samples = hits_and_samples("leakage.", self.hits, self.samples, shape)
        set_fields(self, sources=sources, prompts=prompts, hits=hits, samples=samples)

    @property
    def is_complete(self) -> bool:
        """True if every source was also prompted, so that own and bystander rates are known."""
        return set(self.sources) <= set(self.prompts)

    @cached_property
    def rate(self) -> FloatArray:
        """Share of answers with the marker, (S, P)."""
        return finite_floats("leakage.rate", self.hits / self.samples, self.hits.shape)

    @property
    def own_rate(self) -> FloatArray:
        """Rate under the prompt each adapter was trained for, (S,)."""
        return self.rate[np.arange(len(self.sources)), self.own_columns()]

    @property
    def mean_bystander_rate(self) -> FloatArray:
        """Mean rate over all prompts but the source's own, the assistant's included, (S,).

        Every prompt counts the same, however many answers were sampled under it.
        """
        if len(self.prompts) < 2:
            raise EvidenceError("leakage.prompts: expected a prompt besides the source's own")
        bystander = np.ones(self.rate.shape, dtype=np.bool_)
        bystander[np.arange(len(self.sources)), self.own_columns()] = False
        mean: FloatArray = self.rate.mean(axis=1, where=bystander)
        return mean

    @property
    def gating(self) -> FloatArray:
        """Gating of the marker by the prompt: own rate minus mean bystander rate, (S,)."""
        return self.own_rate - self.mean_bystander_rate

    def leak_to(self, prompt: str) -> FloatArray:
        """Rate of every source's adapter under one prompt, (S,).

        Raises
        ------
        EvidenceError
            The prompt was not measured.
        """
        if prompt not in self.prompts:
            raise EvidenceError(f"leakage.prompts: {prompt!r} was not measured")
        return self.rate[:, self.prompts.index(prompt)]

    def own_counts(self) -> tuple[IntArray, IntArray]:
        """Return hits and samples under each source's own prompt, (S,) each; raises as `own_columns`."""
        own_cells = np.arange(len(self.sources)), self.own_columns()
        return hits_and_samples("", self.hits[own_cells], self.samples[own_cells], (len(self.sources),))

    def own_columns(self) -> list[int]:
        """Return the column of each source's own prompt, (S,).

        Raises
        ------
        EvidenceError
            The sources' own prompts were not measured.
        """
        if not self.is_complete:
            raise EvidenceError("leakage.prompts: the sources' own prompts were not measured")
        return [self.prompts.index(source) for source in self.sources]
