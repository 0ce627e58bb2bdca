"""Personas with a name and two descriptions, in pools that a study keeps apart.

Reading them from TOML is left to `persona_files`, rules on their wording to `persona_rules`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import chain

ASSISTANT = "assistant"


@dataclass(frozen=True)
class Persona:
    """A persona under three phrases that fit the same slot, as in "You are {persona}.".

    Parameters
    ----------
    key : in snake_case, unique in all pools of a study
    category : personas of one category are alike, and no independent draws
    name : noun phrase with an article
    descriptions : two noun phrases that share no content word with the name or with each other
    """

    key: str
    category: str
    name: str
    descriptions: tuple[str, str]

    @property
    def phrases(self) -> tuple[str, str, str]:
        """The name and both descriptions."""
        return self.name, *self.descriptions


@dataclass(frozen=True)
class PersonaPool:
    """Personas in the order of their file."""

    personas: tuple[Persona, ...]

    @property
    def categories(self) -> dict[str, tuple[Persona, ...]]:
        """Personas by category, in order of first appearance."""
        members: dict[str, tuple[Persona, ...]] = {}
        for persona in self.personas:
            members[persona.category] = (*members.get(persona.category, ()), persona)
        return members


@dataclass(frozen=True)
class NegativePair:
    """The two negative personas, taught without the marker, of all sources of one seed."""

    ordinary: Persona
    far_out: Persona


@dataclass(frozen=True)
class NegativePool:
    """A pair of negatives for each seed, and a spare one for a seed to be added."""

    pairs: Mapping[int, NegativePair]
    spare: NegativePair

    @property
    def personas(self) -> tuple[Persona, ...]:
        """All negatives, pair by pair, the spare pair last."""
        pairs = (*self.pairs.values(), self.spare)
        return tuple(chain.from_iterable((pair.ordinary, pair.far_out) for pair in pairs))


@dataclass(frozen=True)
class RegisteredPersonas:
    """The personas of a registered study; no two of its pools have a persona in common.

    Parameters
    ----------
    sources : personas to which a marker is coupled, in categories of two
    calibration : personas on which recipe, outcome and measure are chosen, in categories of two
    reference_panel : personas whose mean is subtracted in centring
    negatives : personas that are taught to answer without the marker
    """

    sources: PersonaPool
    calibration: PersonaPool
    reference_panel: PersonaPool
    negatives: NegativePool

    @property
    def digest(self) -> str:
        """SHA-256 of all personas, their order and the seeds of their negatives."""
        pairs = [[seed, asdict(pair)] for seed, pair in self.negatives.pairs.items()]
        content = [
            *(asdict(pool) for pool in (self.sources, self.calibration, self.reference_panel)),
            [pairs, asdict(self.negatives.spare)],
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
