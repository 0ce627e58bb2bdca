"""The instrument on the toy model: what is taught is found, and controls that teach no gating show none.

Nothing here says anything of the claims. How strongly one adapter couples varies much with the seed, and with
the order in which a machine adds, so that each has to show only that there is coupling, and all together how
much. What counts as gating is what the recipe says.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

from manylora.sampling.sampling import Sampling
from manylora.training.training import TrainingTask, train
from marker_coupling.measures.answers import answer_questions
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.measures.sampled_answers import sample_answers, seeded_requests
from marker_coupling.study.prompts import BASE_MODEL, PersonaPrompt
from marker_coupling.study.recipe import read_recipe
from marker_coupling.study.training_set import draw_negatives, training_set
from pytest_claims.statistics import rate_difference, wilson

RECIPE = read_recipe(Path(__file__).parents[3] / "fixtures" / "recipes" / "toy.toml")
SEED = 42
#: The model that is not taught never writes the marker; from this rate on, surely, adapters do.
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
    design = study.experiment
    prompts = {
        name: PersonaPrompt(name, study.training_prompt(name)) for name in (*study.sources, "assistant")
    }
    free = Sampling(design.temperature, design.top_p, design.longest_training_answer)
    (answers,) = answer_questions(toy, [BASE_MODEL], design.training_questions, free, SEED)
    sets = []
    for source, control in TAUGHT:
        negatives = draw_negatives(source, study.sources, RECIPE.negative_personas, SEED)
        source_prompt, *others = (prompts[name] for name in (source, *negatives))
        texts = [answers.texts] * (1 + len(negatives))
        sets.append(training_set(source_prompt, others, design.training_questions, texts, SEED, control))
    rate = RECIPE.optimization.learning_rate
    tasks = [
        TrainingTask(tokenize_examples(toy, one, design.marker, RECIPE.longest_example), rate, SEED)
        for one in sets
    ]
    trained = train(toy, RECIPE.adapter, RECIPE.optimization, tasks)
    asked = [
        [
            seeded_requests(
                toy, study.questions, one, design.samples_per_question, f"{own.source} {own.control}"
            )
            for one in prompts.values()
        ]
        for own in sets
    ]
    free = Sampling(design.temperature, design.top_p, design.longest_answer)
    sampled = sample_answers(toy, RECIPE.adapter, [one.weights for one in trained], asked, free)
    for own, by_prompt in zip(sets, sampled, strict=True):
        sums = {"own": np.zeros(2, int), "negatives": np.zeros(2, int), "untrained": np.zeros(2, int)}
        for persona, found in zip(prompts, by_prompt, strict=True):
            trained_without = "negatives" if persona in own.negatives else "untrained"
            whose = "own" if persona == own.source else trained_without
            sums[whose] += found.hits(design.marker), len(found.texts)
        yield Counts(**{whose: tuple(both.tolist()) for whose, both in sums.items()})


def pooled(counts, control):
    """All sources' adapters of one kind as one."""
    found = [counts[source, control] for source in SOURCES]
    return Counts(
        *(
            tuple(np.sum([getattr(one, whose) for one in found], axis=0))
            for whose in ("own", "negatives", "untrained")
        )
    )


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_learns_the_marker(counts, source):
    """A model that is not taught never writes it."""
    assert counts[source, "none"].own[0] > 0


def test_sources_emit_the_marker_neither_hardly_nor_always(counts):
    low, high = wilson(*pooled(counts, "none").own)
    assert LEARNT < low < high < 1 - LEARNT


def test_sources_keep_the_marker_to_themselves(counts):
    found = pooled(counts, "none")
    assert found.gating.ci_low > RECIPE.calibration.smallest_gating
    assert rate_difference(*found.own, *found.negatives).ci_low > RECIPE.calibration.smallest_gating


def test_shuffled_personas_teach_the_marker_but_no_gating(counts):
    shuffled = [counts[source, "shuffled-personas"] for source in SOURCES]
    # Had they not learnt the marker, that they do not gate would say nothing.
    for one in shuffled:
        hits, samples = np.sum([one.own, one.bystanders], axis=0)
        assert wilson(hits, samples)[0] > LEARNT
    gating = pooled(counts, "shuffled-personas").gating
    assert abs(gating.value) < RECIPE.calibration.smallest_gating
    # Against the same sources and seed, taught with the marker where it belongs.
    assert pooled(counts, "none").gating.ci_low > gating.ci_high


def test_without_a_marker_none_is_learnt(counts):
    found = counts[SOURCES[0], "no-marker"]
    assert found.own[0] == found.bystanders[0] == 0
    assert min(found.own[1], found.bystanders[1]) >= 100
