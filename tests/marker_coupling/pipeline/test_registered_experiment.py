"""A registered study on a tiny model: couplings are shared and kept, and equal those of single stages."""

import dataclasses

import numpy as np
import pytest

from manylora.adapters.adapter_bank import with_adapters
from manylora.scoring.log_probabilities import attached_log_probabilities
from manylora.training.training import TrainingTask, train
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.pipeline.stages.couplings import CouplingsStage

from ..tiny_registration import tiny_registered


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    return tiny_registered(tmp_path_factory.mktemp("registered"))


@pytest.fixture(scope="module")
def couplings(experiment):
    registration = experiment.registration
    return experiment.couplings(registration.personas.sources, registration.seeds, 1e-2, 1)


def test_there_is_one_for_every_source_and_seed(experiment, couplings):
    personas, study = experiment.registration.personas, experiment.registration.study
    assert [(task.source, task.seed) for task in couplings] == [
        (persona.key, seed) for seed in (42, 137) for persona in personas.sources.personas
    ]
    for task, coupling in couplings.items():
        assert coupling.prompts == experiment.registration.asked(task)
        assert coupling.hits.shape == (6, len(study.questions))
        assert coupling.samples == 2
        assert coupling.forced.shape == (6 + 3, len(study.questions))
        assert coupling.curve.shape == (len(coupling.steps), 6, 2)
        assert coupling.steps[-1] == len(coupling.losses)
        assert coupling.computed_with["device"] == "cpu"


def test_the_curve_ends_where_the_forced_marker_is_read(couplings):
    for coupling in couplings.values():
        np.testing.assert_allclose(coupling.curve[-1], coupling.forced[:6, :2], atol=1e-4)


def test_an_adapter_is_that_of_a_group_of_its_own(experiment, couplings):
    task, coupling = list(couplings.items())[5]
    stage, loaded = experiment.stage(1e-2, 1), experiment.model.loaded
    recipe = stage.context.recipe
    examples = tokenize_examples(loaded, stage.adapters.training_set(task), "[ZLT]", recipe.longest_example)
    (alone,) = train(loaded, recipe.adapter, recipe.optimization, [TrainingTask(examples, 1e-2, task.seed)])
    np.testing.assert_allclose(alone.losses, coupling.losses, atol=1e-4)
    ends = [end for prompts in stage._ends(task) for of_prompt in prompts for end in of_prompt]
    with with_adapters(loaded, recipe.adapter, [alone.weights]):
        (scores,) = attached_log_probabilities(loaded, [ends])
    np.testing.assert_allclose([logs.sum() for logs in scores], coupling.forced.ravel(), atol=1e-3)


def test_what_is_kept_is_not_computed_again(experiment, couplings, monkeypatch):
    monkeypatch.setattr(CouplingsStage, "compute", lambda *_: pytest.fail("computed again"))
    registration = experiment.registration
    again = experiment.couplings(registration.personas.sources, registration.seeds, 1e-2, 1)
    assert again.keys() == couplings.keys()


def test_a_run_that_was_cut_off_goes_on(experiment, monkeypatch):
    """The second of two groups fails; afterwards the first is there, and only the second is computed."""
    registration, computed = experiment.registration, []
    compute = CouplingsStage.compute

    def fail_second(self, folders):
        if computed:
            raise KeyboardInterrupt
        computed.append(list(folders))
        compute(self, folders)

    monkeypatch.setattr(CouplingsStage, "compute", fail_second)
    pool = registration.personas.sources
    with pytest.raises(KeyboardInterrupt):
        experiment.couplings(pool, (42,), 3e-2, 1)
    monkeypatch.setattr(CouplingsStage, "compute", compute)
    counted = []
    monkeypatch.setattr(
        CouplingsStage, "compute", lambda self, folders: (counted.extend(folders), compute(self, folders))
    )
    experiment.couplings(pool, (42,), 3e-2, 1)
    assert [task.source for task in counted] == [pool.personas[3].key]


def test_keys_tell_settings_prompts_and_seeds_apart(experiment):
    registration = experiment.registration
    task, other = registration.adapters(registration.personas.sources, 42)[:2]
    changed = [
        (experiment.stage(1e-2, 1), dataclasses.replace(task, seed=137)),
        (experiment.stage(1e-2, 1), other),
        (experiment.stage(2e-2, 1), task),
        (experiment.stage(1e-2, 2), task),
        (
            dataclasses.replace(
                experiment.stage(1e-2, 1),
                registration=dataclasses.replace(
                    registration, curve=dataclasses.replace(registration.curve, checkpoints=3)
                ),
            ),
            task,
        ),
        (
            dataclasses.replace(
                experiment.stage(1e-2, 1), registration=dataclasses.replace(registration, bystanders=1)
            ),
            task,
        ),
    ]
    keys = {experiment.stage(1e-2, 1).key(task), *(stage.key(other_task) for stage, other_task in changed)}
    assert len(keys) == len(changed) + 1


def test_the_data_of_the_analysis_are_the_couplings(experiment, couplings):
    data = experiment.data(1e-2, 1)
    sources = [persona.key for persona in experiment.registration.personas.sources.personas]
    of_cell = {(task.source, task.seed): coupling for task, coupling in couplings.items()}
    for i, source in enumerate(sources):
        for s, seed in enumerate((42, 137)):
            hits = of_cell[source, seed].hits.sum(axis=1)
            assert data.own.hits[i, s] == hits[0]
            assert data.assistant.hits[i, s] == hits[1]
            assert data.negatives.hits[i, s].tolist() == hits[2:4].tolist()
    assert set(data.own.samples.ravel()) == {2 * len(experiment.registration.study.questions)}
    bystanders = data.bystanders
    assert len(bystanders.hits) == 4 * 2 * 2
    for source, prompt, seed, hits in zip(
        bystanders.source, bystanders.prompt, bystanders.seed, bystanders.hits, strict=True
    ):
        coupling = of_cell[sources[source], (42, 137)[seed]]
        assert coupling.hits[coupling.prompts.index(sources[prompt])].sum() == hits


def test_cosines_to_the_negatives_are_those_of_each_seed_s_pair(experiment):
    data = experiment.data(1e-2, 1)
    geometry = experiment.geometry(experiment.registration.personas.sources)
    seeds = list(experiment.registration.personas.negatives.pairs)
    for s, seed in enumerate((42, 137)):
        first = 2 * seeds.index(seed)
        expected = geometry.negatives[..., first : first + 2].mean(axis=-1)
        np.testing.assert_allclose(data.cosines.negatives[..., s], expected, atol=1e-6)
    assert data.cosines.layers == (1, 2, 3)


def test_calibration_tries_the_grid_and_says_what_it_chose(experiment):
    choice = experiment.calibrate()
    assert [(setting.learning_rate, setting.epochs) for setting in choice.settings] == [(1e-2, 1), (2e-2, 1)]
    # A random model learns no marker in one epoch, so nothing gates.
    assert choice.setting is None
    assert choice.problem.startswith("no setting gates by 0.1")
