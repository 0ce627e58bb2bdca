"""Registration of a study of many personas: all that is fixed before its data."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, dataclass
from functools import cached_property

from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.personas import ASSISTANT, Persona, PersonaPool, RegisteredPersonas
from marker_coupling.study.prompts import PersonaPrompt
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import SLOT, Study

#: Outcomes of which calibration chooses one, as `marker_coupling.analysis.data.variables` names them.
OUTCOMES = ("area", "forced", "source")
#: Calibration personas to whom a marker is coupled in a smoke run, for its time.
_CALIBRATED_IN_SMOKE = 3


@dataclass(frozen=True)
class Curve:
    """Forced gating along the training.

    Parameters
    ----------
    checkpoints : evenly spaced steps, the last at the end
    questions : the first of the evaluation questions
    """

    checkpoints: int
    questions: int

    def steps(self, steps: int) -> tuple[int, ...]:
        """Return the checkpoints of a training of ``steps`` steps, at most as many as there are steps."""
        count = min(self.checkpoints, steps)
        return tuple(sorted({round(steps * part / count) for part in range(1, count + 1)}))


@dataclass(frozen=True)
class OutcomeCalibration:
    """Choice of setting and outcome by their reliability over seeds.

    Parameters
    ----------
    seeds : one adapter of every calibration persona in each
    learning_rates, epochs : the grid
    outcomes : candidates
    smallest_gating : from which on a setting gates
    least_reliability : of the mean outcome over the seeds of the study
    """

    seeds: tuple[int, ...]
    learning_rates: tuple[float, ...]
    epochs: tuple[int, ...]
    outcomes: tuple[str, ...]
    smallest_gating: float
    least_reliability: float

    @property
    def grid(self) -> tuple[tuple[float, int], ...]:
        """All settings: learning rate and epochs."""
        return tuple((rate, epochs) for epochs in self.epochs for rate in self.learning_rates)


@dataclass(frozen=True)
class RegisteredHypothesis:
    """A hypothesis with what each verdict on it would mean.

    Parameters
    ----------
    id : as the analysis names it
    statement : the claim
    supported, opposite, too_small : meaning of a verdict; "too small" and "opposite" refute
    """

    id: str
    statement: str
    supported: str
    opposite: str
    too_small: str


@dataclass(frozen=True)
class RegisteredAnalysis:
    """The analysis that is made once.

    Parameters
    ----------
    base_models : by name
    permutations, permutation_seed : of the tests
    alpha : one-sided, over the whole sequence
    smallest_effect : the smallest absolute correlation of true scores that is of interest
    exclusions : rules, in words
    hypotheses : in the order of the sequence
    """

    base_models: tuple[str, ...]
    permutations: int
    permutation_seed: int
    alpha: float
    smallest_effect: float
    exclusions: tuple[str, ...]
    hypotheses: tuple[RegisteredHypothesis, ...]


@dataclass(frozen=True)
class Registration:
    """A registered study.

    Parameters
    ----------
    personas : its pools
    study : wordings, questions, marker and sampling; its personas are all of the pools', under their names
    recipe : of the training
    seeds : one adapter of every source in each
    bystanders : other prompts under which an adapter is asked
    curve : of forced gating
    calibration : of setting and outcome
    analysis : that is made once all data are there
    is_smoke : a study in small, of which nothing is concluded
    variation : name of a recipe that is not the registered one; empty for the registered study
    """

    personas: RegisteredPersonas
    study: Study
    recipe: Recipe
    seeds: tuple[int, ...]
    bystanders: int
    curve: Curve
    calibration: OutcomeCalibration
    analysis: RegisteredAnalysis
    is_smoke: bool = False
    variation: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all that the registration says."""
        content = [
            self.personas.digest, self.study.experiment_digest, self.recipe.digest, self.seeds,
            self.bystanders, asdict(self.curve), asdict(self.calibration), asdict(self.analysis),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def calibrated(self) -> PersonaPool:
        """The calibration personas to whom a marker is coupled: all, and a few in a smoke run."""
        pool = self.personas.calibration
        return PersonaPool(pool.personas[:_CALIBRATED_IN_SMOKE]) if self.is_smoke else pool

    def adapters(self, pool: PersonaPool, seed: int) -> tuple[AdapterTask, ...]:
        """Return the adapters of a seed: of every persona of a pool, all with the pair of that seed."""
        pair = self.personas.negatives.pairs[seed]
        negatives = pair.ordinary.key, pair.far_out.key
        return tuple(AdapterTask(persona.key, negatives, "none", seed) for persona in pool.personas)

    def bystanders_of(self, source: str, seed: int) -> tuple[str, ...]:
        """Draw the bystanders of an adapter from its own pool.

        Sources stand in a circle in random order, and each takes those at the same distances, so that every
        persona is asked equally often.
        """
        pool = self._pools[source]
        generator = random.Random(f"bystanders {seed}")
        circle = sorted(persona.key for persona in pool.personas)
        generator.shuffle(circle)
        distances = generator.sample(range(1, len(circle)), min(self.bystanders, len(circle) - 1))
        place = circle.index(source)
        return tuple(circle[(place + distance) % len(circle)] for distance in distances)

    def asked(self, task: AdapterTask) -> tuple[str, ...]:
        """Return the personas under whose prompts an adapter is asked, its own first."""
        return (task.source, ASSISTANT, *task.negatives, *self.bystanders_of(task.source, task.seed))

    def untrained_prompts(self, source: str) -> tuple[PersonaPrompt, ...]:
        """Return a source's prompts that training never saw: other wordings, and descriptions."""
        persona = self._by_key[source]
        first, *others = self.study.wordings
        prompts = [(f"wording {n}", wording, persona.name) for n, wording in enumerate(others, 2)]
        prompts += [(f"description {n}", first, text) for n, text in enumerate(persona.descriptions, 1)]
        return tuple(
            PersonaPrompt(f"{source} in {form}", wording.replace(SLOT, phrase))
            for form, wording, phrase in prompts
        )

    @cached_property
    def _pools(self) -> dict[str, PersonaPool]:
        pools = (self.personas.sources, self.personas.calibration)
        return {persona.key: pool for pool in pools for persona in pool.personas}

    @cached_property
    def _by_key(self) -> dict[str, Persona]:
        return {persona.key: persona for pool in self._pools.values() for persona in pool.personas}
