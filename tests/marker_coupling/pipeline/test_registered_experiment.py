"""A registered study on a tiny model: couplings are shared and kept, and equal those of single stages."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from manylora.adapters.adapter_bank import with_adapters
from manylora.models.base_model import BaseModel
from manylora.scoring.log_probabilities import attached_log_probabilities
from manylora.training.training import TrainingTask, train
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.composite import composite
from marker_coupling.analysis.data.from_evidence import base_model_data, study_data
from marker_coupling.analysis.data.study_data import Cosines
from marker_coupling.analysis.data.variables import study_variables
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import StudyEvidence
from marker_coupling.measures.coupling import forced_log_odds, gating_area, log_odds_of_marker
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.pipeline.registered_experiment import RegisteredExperiment
from marker_coupling.pipeline.stages.answers import AnswersStage
from marker_coupling.pipeline.stages.couplings import CouplingsStage
from marker_coupling.pipeline.stages.geometry import GeometryStage
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.registration_file import read_registration

from ..tiny_registration import FIXTURE, tiny_registered, tiny_registration


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


@pytest.fixture(scope="module")
def evidence(experiment):
    return experiment.evidence(1e-2, 1, "area")


def test_evidence_is_of_the_couplings(evidence, couplings):
    of_cell = {(task.source, task.seed): coupling for task, coupling in couplings.items()}
    for i, source in enumerate(evidence.personas):
        for s, seed in enumerate(evidence.seeds):
            coupling = of_cell[source, seed]
            assert evidence.hits[i, s].tolist() == coupling.hits.sum(axis=1).tolist()
            asked = [evidence.personas[other] for other in evidence.bystanders[i, s]]
            assert tuple(asked) == coupling.prompts[4:]
            assert evidence.gating_area[i, s] == pytest.approx(gating_area(coupling), rel=1e-6)
            assert evidence.forced_log_odds[i, s, 0] == pytest.approx(forced_log_odds(coupling), rel=1e-6)
            unseen = log_odds_of_marker(coupling.forced[6:]).mean(axis=1)
            assert evidence.untrained_log_odds[i, s] == pytest.approx(unseen, rel=1e-6)
    assert evidence.untrained_prompts == ("wording 2", "description 1", "description 2")
    assert evidence.properties["device"] == "cpu"


def test_evidence_is_of_the_geometry(experiment, evidence):
    geometry = experiment.geometry(experiment.registration.personas.sources)
    upper = [1, 2]  # of three layers
    assert evidence.cosines["panel"] == pytest.approx(composite(geometry.panel[upper]), abs=1e-5)
    assert evidence.cosines_by_layer["sources"] == pytest.approx(geometry.others.mean(axis=(1, 2)), abs=1e-6)
    first = evidence.bystanders[2, 1, 0]
    assert evidence.bystander_cosine[2, 1, 0] == pytest.approx(geometry.similarity[upper, 0, 2, first].mean())
    assert evidence.js_nats == pytest.approx(geometry.js_nats, rel=1e-5)


def test_a_file_gives_back_the_evidence(evidence, tmp_path):
    path = tmp_path / "tiny.study.json"
    evidence.write(path)
    again = StudyEvidence.read(path)
    for field in dataclasses.fields(StudyEvidence):
        found, expected = getattr(again, field.name), getattr(evidence, field.name)
        if field.name.startswith("cosines"):
            assert all((found[name] == expected[name]).all() for name in expected)
        else:
            np.testing.assert_array_equal(found, expected)
    again.write(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_analysis_of_evidence_is_that_of_all_layers(experiment, evidence):
    """The composite, kept alone, gives the variables that the cosines of every layer give."""
    geometry = experiment.geometry(experiment.registration.personas.sources)
    data = base_model_data(evidence)
    pairs = list(experiment.registration.personas.negatives.pairs)
    first = 2 * np.array([pairs.index(seed) for seed in evidence.seeds])
    whole = dataclasses.replace(
        data,
        cosines=Cosines(
            geometry.assistant, geometry.panel, geometry.others,
            (geometry.negatives[..., first] + geometry.negatives[..., first + 1]) / 2, (1, 2, 3), 3,
        ),
    )  # fmt: skip
    expected = study_variables(whole, "area")
    for name, variable in study_variables(data, "area").items():
        found, wanted = (
            (values - values.mean()) / (values.std() or 1)
            for values in (variable.values, expected[name].values)
        )
        assert found == pytest.approx(wanted, abs=1e-4)
    bystanders = data.bystanders
    for source, prompt, seed, hits in zip(
        bystanders.source, bystanders.prompt, bystanders.seed, bystanders.hits, strict=True
    ):
        column = 4 + evidence.bystanders[source, seed].tolist().index(prompt)
        assert evidence.hits[source, seed, column] == hits


def test_base_models_of_one_study_are_analysed_together(evidence):
    other = dataclasses.replace(evidence, base_model="other")
    assert [data.name for data in study_data([evidence, other]).base_models] == [evidence.base_model, "other"]
    with pytest.raises(AnalysisError, match="other: registration: expected the same as tiny's"):
        study_data([evidence, dataclasses.replace(other, registration="another")])
    with pytest.raises(AnalysisError, match="expected at least one base model"):
        study_data([])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"samples": 1}, "hits: expected counts from 0 to samples"),
        ({"categories": ("a",)}, "categories: expected 4 names, got 1"),
        ({"gating_area": np.zeros((4, 3))}, "gating_area: expected shape (4, 2), got (4, 3)"),
        ({"bystanders": np.full((4, 2, 2), 4)}, "bystanders: expected indices from 0 to 3"),
        ({"js_nats": np.zeros(4)}, "js_nats: expected 3 axes, got shape (4,)"),
        ({"lexical_cosine": np.full(4, np.nan)}, "lexical_cosine: expected finite numbers"),
        ({"personas": ("a", "A", "b", "c")}, "personas: expected different names"),
    ],
)
def test_evidence_that_is_not_sound_is_refused(evidence, changes, expected):
    hits = {"hits": np.full_like(evidence.hits, 3)} if "samples" in changes else {}
    with pytest.raises(EvidenceError) as caught:
        dataclasses.replace(evidence, **changes, **hits)
    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", '{"base_model": "x"}', '{"personas": NaN}'])
def test_a_file_that_is_none_is_one_line(tmp_path, text):
    path = tmp_path / "broken.study.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"broken\.study\.json") as caught:
        StudyEvidence.read(path)
    assert "\n" not in str(caught.value)


def test_calibration_tries_the_grid_and_says_what_it_chose(experiment):
    choice = experiment.calibrate()
    assert [(setting.learning_rate, setting.epochs) for setting in choice.settings] == [(1e-2, 1), (2e-2, 1)]
    # A random model learns no marker in one epoch, so nothing gates.
    assert choice.setting is None
    assert choice.problem.startswith("no setting gates by 0.1")


def test_a_calibration_loads_the_base_model_once(tmp_path, monkeypatch):
    from manylora import loading

    loads, load = [], loading.load
    monkeypatch.setattr(loading, "load", lambda *arguments: loads.append(arguments) or load(*arguments))
    calibrating = tiny_registered(tmp_path)
    assert len(calibrating.calibrate().settings) == 2
    assert len(loads) == 1


def test_results_of_the_registered_study_are_found_where_they_are_kept():
    """Calibrations on record and stores with couplings name this digest and these keys."""
    registration = read_registration(FIXTURE)
    assert registration.digest == "d8698306a0b6e51627315b3cd3b4abf7e6587fb1bb939c72357559e3d7ded3ee"
    fingerprint = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    base, store = BaseModel("smollm2-135m", Path("nowhere"), fingerprint), ArtifactStore(Path("nowhere"))
    experiment = RegisteredExperiment(registration, base, store, "bfloat16", "cuda")
    stage, pool = experiment.stage(5e-4, 3), registration.personas.sources
    couplings = stage.key(registration.adapters(pool, registration.seeds[0])[0])
    assert couplings == "e97e42107957e4e353cdf33b0b8f834254ba31bac3fbc7330d4294caf8e40538"
    geometry = GeometryStage(stage.context, registration).key(pool)
    assert geometry == "ad297573cf87711fcba4c8ff3b0a48af8de1c2ba621aef01a9154ff93066f587"


def test_a_variation_teaches_own_answers_that_a_group_samples_together(tmp_path, monkeypatch):
    registration = tiny_registration()
    recipe = dataclasses.replace(registration.recipe, answers="on-policy", name="on-policy")
    varied = dataclasses.replace(registration, recipe=recipe, variation="on-policy", seeds=(42,))
    experiment, sampled, compute = tiny_registered(tmp_path, registration=varied), [], AnswersStage.compute

    def counted(stage, folders):
        sampled.append([task.prompt.name for task in folders])
        compute(stage, folders)

    monkeypatch.setattr(AnswersStage, "compute", counted)
    evidence = experiment.evidence(1e-2, 1, "area")
    assert evidence.registration == varied.digest != registration.digest
    assert (evidence.properties["recipe"], experiment.name) == ("on-policy", "tiny-on-policy")
    # The answers behind which the marker is put, and for each group those of its personas and their negatives.
    assert sorted(map(len, sampled)) == [1, 1, 3 + 2]
    everyone = [name for names in sampled for name in names]
    assert len(everyone) == len(set(everyone))
