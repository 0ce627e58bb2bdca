"""The whole experiment on a tiny random model: what its evidence depends on, and what is computed again."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifact_groups import get_members
from marker_coupling.study.errors import ExperimentError
from marker_coupling.study.study import StudyError

from ...property_examples import examples
from ..tiny_experiment import (
    DESIGN,
    RECIPE,
    STUDY,
    LoggingStore,
    digests,
    tiny_base,
    tiny_experiment,
    with_persona,
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """A model this small gains nothing from more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def store(base, tmp_path_factory):
    """A store in which the experiment of both seeds was run."""
    folder = tmp_path_factory.mktemp("artifacts")
    store = LoggingStore(folder / "store", folder / "log")
    experiment = Experiment(ExperimentPlan(base, STUDY, RECIPE), store)
    for seed in DESIGN.seeds:
        experiment.evidence(seed)
    return store


def made(store):
    """How often an artifact of each kind was made since the last call."""
    lines = store.log.read_text().splitlines() if store.log.exists() else []
    store.log.unlink(missing_ok=True)
    return Counter(line.split()[0] for line in lines)


def assert_same_but_for_order(found, expected):
    """Counts exactly; floats as far as the order of a sum changes them."""
    rows = [found.personas.index(persona) for persona in expected.personas]
    prompts = [found.leakage.prompts.index(persona) for persona in expected.leakage.prompts]
    for key in ("hits", "samples"):
        crossed, leaked = (getattr(one, key) for one in (found.dissociation, found.leakage))
        np.testing.assert_array_equal(leaked[rows][:, prompts], getattr(expected.leakage, key))
        np.testing.assert_array_equal(crossed[rows], getattr(expected.dissociation, key))
    assert [found.dissociation.others[row] for row in rows] == list(expected.dissociation.others)
    probability = found.marker_probability[rows][:, prompts]
    np.testing.assert_allclose(probability, expected.marker_probability, rtol=1e-4)
    np.testing.assert_allclose(found.cosine_to_assistant[rows], expected.cosine_to_assistant, atol=1e-5)
    np.testing.assert_allclose(found.js_to_assistant[rows], expected.js_to_assistant, atol=1e-6)


def test_the_model_and_its_measurement_are_shared_with_the_claims_about_it(base, store):
    plan = ExperimentPlan(base, STUDY, RECIPE)
    stage = MeasurementStage(LazyModel(base), STUDY, store)
    experiment = Experiment(plan, store, measurement=stage)
    assert experiment.model is stage.model
    assert stage.measurement is stage.measurement
    assert stage.measurement.determined_by == experiment.evidence(1).provenance["measurement"]["key"]


def test_what_was_computed_is_not_computed_again(base, store):
    made(store)
    for seed in DESIGN.seeds:
        Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(seed)
    assert not made(store)


@examples(10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(STUDY.sources), size=st.integers(1, 4), seed=st.sampled_from(DESIGN.seeds))
def test_order_and_groups_of_personas_change_nothing(base, store, order, size, seed):
    """Nothing of it is computed again either, but what has an order itself."""
    design = dataclasses.replace(DESIGN, sources_per_cell=size)
    personas = {persona: STUDY.personas[persona] for persona in (*order, "assistant")}
    study = dataclasses.replace(STUDY, personas=personas, experiment=design)
    expected = Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(seed)
    made(store)
    found = Experiment(ExperimentPlan(base, study, RECIPE), store).evidence(seed)
    assert_same_but_for_order(found, expected)
    assert not made(store).keys() & {"adapters", "sampled-answers", "marker-probability", "dissociation"}


def test_computed_from_nothing_in_another_order_it_is_the_same(base, store, tmp_path):
    personas = {persona: STUDY.personas[persona] for persona in (*reversed(STUDY.sources), "assistant")}
    design = dataclasses.replace(DESIGN, sources_per_cell=3)
    study = dataclasses.replace(STUDY, personas=personas, experiment=design)
    found = tiny_experiment(base, tmp_path, study).evidence(1)
    expected = Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(1)
    assert_same_but_for_order(found, expected)


@examples(5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=st.lists(st.sampled_from(DESIGN.seeds), min_size=1, unique=True))
def test_more_seeds_only_add_rows(base, store, seeds):
    study = dataclasses.replace(STUDY, experiment=dataclasses.replace(DESIGN, seeds=tuple(seeds)))
    made(store)
    for seed in seeds:
        found = Experiment(ExperimentPlan(base, study, RECIPE), store).evidence(
            seed, [one for one in seeds if one != seed]
        )
        assert found.sha256 == Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(seed).sha256
    assert not made(store)


def test_the_provenance_names_every_artifact_by_its_key(base, store):
    provenance = Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(1).provenance
    kinds = {"training-answers": "answers", "given-answers": "answers", "adapter": "adapters"}
    prompts = len(STUDY.personas)
    for one in provenance["adapters"]:
        assert ("dissociation" in one["keys"]) == (one["control"] == "none")
        assert len(one["keys"]["sampled-answers"]) == len(one["keys"]["marker-probability"]) == prompts
        for stage, found in one["keys"].items():
            keys = [found] if isinstance(found, str) else found
            assert get_members(store, kinds.get(stage, stage), keys, make=None), stage
    assert len(provenance["calibration_keys"]) == len(RECIPE.calibration.epochs)
    assert all(store.find("calibration", key) for key in provenance["calibration_keys"])
    assert store.find("measurement", provenance["measurement"]["key"])


def test_seeds_differ(base, store):
    first, second = (
        Experiment(ExperimentPlan(base, STUDY, RECIPE), store).evidence(seed) for seed in DESIGN.seeds
    )
    assert first.determined_by != second.determined_by
    assert not np.array_equal(first.marker_probability, second.marker_probability)
    np.testing.assert_array_equal(first.js_to_assistant, second.js_to_assistant)


def test_one_persona_s_text_changed_recomputes_only_what_depends_on_it(base, store):
    before = Experiment(ExperimentPlan(base, STUDY, RECIPE), store)
    changed = Experiment(ExperimentPlan(base, with_persona(STUDY, "nurse", "a head nurse"), RECIPE), store)
    touched = [
        task for group in before._groups(1) for task in group if "nurse" in (task.source, *task.negatives)
    ]
    sources = len(STUDY.sources)
    groups = before._groups(1)
    assert 0 < len(touched) < sum(map(len, groups))
    made(store)
    changed.evidence(1)
    counts = made(store)
    # Nobody's answers, and calibration, which asks the assistant and personas outside the study.
    assert not counts.keys() & {"answers", "calibration"}
    touched_groups = sum(any(task in touched for task in group) for group in groups)
    assert counts["adapters"] == touched_groups
    # Adapters that do not know the nurse are asked under the nurse's prompt alone.
    assert counts["sampled-answers"] == touched_groups * (sources + 1) + len(groups) - touched_groups
    assert counts["marker-probability"] == counts["sampled-answers"]
    assert counts["measurement"] == counts["evidence"] == 1
    untouched = [task.source for group in groups for task in group if task not in touched]
    old, new = before.evidence(1), changed.evidence(1)
    for persona in set(untouched) & set(old.personas):
        row = old.personas.index(persona)
        columns = [k for k, prompt in enumerate(old.leakage.prompts) if prompt != "nurse"]
        np.testing.assert_array_equal(
            old.marker_probability[row, columns], new.marker_probability[row, columns]
        )


def test_a_pinned_setting_is_not_calibrated(base, store):
    pinned = Experiment(ExperimentPlan(base, STUDY, RECIPE, pinned=True), store)
    assert pinned.setting.calibration is None
    assert pinned.setting.recipe == RECIPE
    calibrated = Experiment(ExperimentPlan(base, STUDY, RECIPE), store)
    assert calibrated.setting.calibration is not None
    assert len(calibrated.setting.calibration.grid) == 4
    published_for = dataclasses.replace(RECIPE.calibration, published_for=base.name)
    as_published = dataclasses.replace(RECIPE, calibration=published_for)
    assert Experiment(ExperimentPlan(base, STUDY, as_published), store).setting.calibration is None


def test_too_few_personas_to_calibrate_on_is_said(base, tmp_path):
    few = dataclasses.replace(DESIGN, calibration_personas={"chef": "a chef"})
    study = dataclasses.replace(STUDY, experiment=few)
    with pytest.raises(
        ExperimentError, match=r"calibration_personas: expected at least 2.*got 1.*--learning-rate"
    ):
        tiny_experiment(base, tmp_path, study).evidence(1)


def test_a_study_that_only_measures_has_no_experiment(base, tmp_path):
    with pytest.raises(StudyError, match="key experiment: expected a table"):
        tiny_experiment(base, tmp_path, dataclasses.replace(STUDY, experiment=None))


def test_damaged_artifacts_are_made_again_with_a_warning_and_the_same_bytes(base, tmp_path):
    """Every kind of artifact, one after another."""
    tiny_experiment(base, tmp_path).evidence(1)
    expected = digests(tmp_path)
    kinds = sorted({path.split("/")[0] for path in expected})
    assert len(kinds) == 8
    generator = torch.Generator().manual_seed(1)
    for kind in kinds:
        files = [path for path in expected if path.startswith(f"{kind}/") and "manifest" not in path]
        damaged = tmp_path / files[int(torch.randint(len(files), (), generator=generator))]
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 4
        damaged.write_bytes(content)
        # What is made of it must be asked for again.
        dependents = {
            "answers": ("evidence", "adapters", "calibration", "marker-probability"),
            "evidence": (),
        }
        for dependent in dependents.get(kind, ("evidence",)):
            shutil.rmtree(tmp_path / dependent)
        with pytest.warns(UserWarning, match=f"{kind}.*damaged; made again"):
            tiny_experiment(base, tmp_path).evidence(1)
        assert digests(tmp_path) == expected
