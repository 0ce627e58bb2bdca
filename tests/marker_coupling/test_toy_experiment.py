"""The instrument on the toy model: what is taught is found, and controls that teach no gating show none.

Nothing here says anything of the claims. How strongly one adapter couples varies much with the seed, so that
each has to show only that there is coupling, and their mean how much. What counts as gating is what the
recipe says.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

from marker_coupling.answers import NOBODY, answers
from marker_coupling.cells import prompted
from marker_coupling.marker_counts import asked_as, sampled_answers
from marker_coupling.recipe import read_recipe
from marker_coupling.sampling import Sampling
from marker_coupling.training import TrainingTask, train
from marker_coupling.training_set import drawn_negatives, tokenized, training_set
from pytest_claims.statistics import mean_of, rate_difference, wilson

RECIPE = read_recipe(Path(__file__).parents[2] / "fixtures" / "recipes" / "toy.toml")
SEED = 42
#: The untaught model never writes the marker; from this rate on, surely, an adapter does.
LEARNT = 0.05
#: The first sources of the study, not those that learn best.
SOURCES = ("amber", "birch", "copper", "dune")
TAUGHT = [
    *((source, "none") for source in SOURCES),
    *((source, "shuffled-personas") for source in SOURCES),
    (SOURCES[0], "no-marker"),
]


@dataclass(frozen=True)
class Counts:
    """Answers of one adapter with the marker, and all: as its source, as its negatives, as all others."""

    own: tuple[int, int]
    negatives: tuple[int, int]
    untrained: tuple[int, int]

    @property
    def bystanders(self):
        return self.negatives[0] + self.untrained[0], self.negatives[1] + self.untrained[1]

    @property
    def gating(self):
        return rate_difference(*self.own, *self.bystanders)


@pytest.fixture(scope="module")
def counts(toy, toy_study, run_store):
    """Counts by source and control; trained and sampled by one worker, while the others wait."""

    def make(folder):
        found = [asdict(one) for one in counted(toy, toy_study)]
        (folder / "counts.json").write_text(json.dumps(found))

    folder = run_store.get("toy-experiment", f"{toy.base.fingerprint} {SEED}", make)
    kept = json.loads((folder / "counts.json").read_text())
    return {
        taught: Counts(**{whose: tuple(both) for whose, both in one.items()})
        for taught, one in zip(TAUGHT, kept, strict=True)
    }


def counted(toy, study):
    design, prompts = study.experiment, prompted(study)
    free = Sampling(design.temperature, design.top_p, design.longest_training_answer)
    texts = answers(toy, {NOBODY: None}, design.training_questions, free, SEED)[NOBODY].texts
    sets = []
    for source, control in TAUGHT:
        negatives = drawn_negatives(source, study.sources, RECIPE.negative_personas, SEED)
        given = dict.fromkeys((source, *negatives), texts)
        sets.append(training_set(source, negatives, design.training_questions, given, SEED, control))
    rate = RECIPE.optimization.learning_rate
    tasks = [TrainingTask(tokenized(toy, study, RECIPE, one), rate, SEED) for one in sets]
    trained = train(toy, RECIPE.adapter, RECIPE.optimization, tasks)
    asked = [[asked_as(toy, study, one, f"{own.source} {own.control}") for one in prompts] for own in sets]
    free = Sampling(design.temperature, design.top_p, design.longest_answer)
    sampled = sampled_answers(
        toy, RECIPE.adapter, [one.weights for one in trained], asked, design.samples_per_question, free
    )
    for own, by_prompt in zip(sets, sampled, strict=True):
        sums = {"own": np.zeros(2, int), "negatives": np.zeros(2, int), "untrained": np.zeros(2, int)}
        for persona, found in zip(prompts, by_prompt, strict=True):
            trained_without = "negatives" if persona in own.negatives else "untrained"
            whose = "own" if persona == own.source else trained_without
            sums[whose] += found.hits(design.marker), len(found.texts)
        yield Counts(**{whose: tuple(both.tolist()) for whose, both in sums.items()})


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_learns_the_marker(counts, source):
    low, _ = wilson(*counts[source, "none"].own)
    assert low > LEARNT


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_keeps_the_marker_to_itself(counts, source):
    found = counts[source, "none"]
    assert found.gating.ci_low > 0
    assert rate_difference(*found.own, *found.negatives).ci_low > 0


def test_sources_have_room_to_differ_and_gate_clearly(counts):
    found = [counts[source, "none"] for source in SOURCES]
    rate = np.mean([hits / samples for hits, samples in (one.own for one in found)])
    assert 0.3 < rate < 0.9
    assert np.mean([one.gating.value for one in found]) > RECIPE.calibration.smallest_gating


def test_shuffled_personas_teach_the_marker_but_no_gating(counts):
    shuffled = [counts[source, "shuffled-personas"] for source in SOURCES]
    # Had they not learnt the marker, that they do not gate would say nothing.
    for one in shuffled:
        hits, samples = np.sum([one.own, one.bystanders], axis=0)
        assert wilson(hits, samples)[0] > LEARNT
    gating = [one.gating.value for one in shuffled]
    assert abs(np.mean(gating)) < RECIPE.calibration.smallest_gating
    # Against the same sources and seed, taught with the marker where it belongs.
    lost = [counts[source, "none"].gating.value - one for source, one in zip(SOURCES, gating, strict=True)]
    assert mean_of(lost).ci_low > 0


def test_without_a_marker_none_is_learnt(counts):
    found = counts[SOURCES[0], "no-marker"]
    assert found.own[0] == found.bystanders[0] == 0
    assert min(found.own[1], found.bystanders[1]) >= 100
