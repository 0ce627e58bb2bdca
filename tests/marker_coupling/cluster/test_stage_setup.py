"""Stages on a worker are those of the driver: the same keys from what crossed the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from manylora.progress import silent
from marker_coupling.cluster.base_files import identify
from marker_coupling.cluster.stage_setup import TASKS, StageSetup, describe, tasks_from_text
from marker_coupling.cluster.wire_values import from_text, to_text
from marker_coupling.pipeline import stages
from marker_coupling.pipeline.group_stages import GroupStages
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.stages.calibration import CalibrationStage
from marker_coupling.pipeline.stages.geometry import GeometryStage
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import adapter_groups

from ..tiny_experiment import tiny_base, tiny_experiment
from ..tiny_registration import tiny_registered


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def work(base, tmp_path_factory):
    """Every kind of stage with tasks of it, by kind."""
    experiment = tiny_experiment(base, tmp_path_factory.mktemp("store"))
    recipe = experiment.plan.recipe.with_setting(0.1 + 0.2, 2)
    groups = GroupStages(experiment._context(recipe))
    adapters = [task for group in adapter_groups(experiment.plan.study, recipe, 1) for task in group]
    prompted = [PromptedAdapter(task, "assistant") for task in adapters]
    registered = tiny_registered(tmp_path_factory.mktemp("registered"))
    pool = registered.registration.personas.sources
    couplings = registered.stage(1e-2, 1)
    answers = [task for _, of_stage in groups.adapters.inputs(adapters) for task in of_stage]
    every = [
        (groups.answers, answers), (groups.adapters, adapters), (groups.sampled, prompted),
        (groups.probability, prompted), (groups.dissociation, adapters[:4]),
        (CalibrationStage(experiment._context(recipe), groups.adapters), [1, 2]), (experiment._measurement, [None]),
        (couplings, list(registered.registration.adapters(pool, 42))),
        (GeometryStage(couplings.context, registered.registration), [pool]),
    ]  # fmt: skip
    return {stage.kind: (stage, tasks) for stage, tasks in every}


@pytest.mark.parametrize("kind", sorted(TASKS))
def test_keys_are_the_same_on_the_other_side(work, tmp_path, kind):
    stage, tasks = work[kind]
    setup = from_text(StageSetup, to_text(StageSetup.of(stage, identify)))
    assert setup == StageSetup.of(stage, identify)
    there = setup.stages(
        LazyModel(setup.base.at(tmp_path), setup.precision, setup.device), ArtifactStore(tmp_path), silent
    )[kind]
    tasks_there = tasks_from_text(kind, to_text(tasks))
    assert tasks_there == tasks
    assert [there.key(task) for task in tasks_there] == [stage.key(task) for task in tasks]


def test_every_stage_is_known():
    folder = Path(stages.__file__).parent
    kinds = {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--", "evidence"}
    assert kinds == set(TASKS)


def test_messages_name_what_is_computed(work):
    described = {kind: describe(kind, tasks) for kind, (_, tasks) in work.items()}
    assert described["adapters"] == "adapters of seed 1: 6 adapters from cook"
    assert described["sampled-answers"] == "sampled-answers of seed 1: 6 adapters from cook"
    assert described["answers"] == "answers of the base model, seed 1"
    assert described["calibration"] == "calibration for 1 epochs"
    assert described["geometry"] == "geometry of 4 personas"
    assert described["measurement"] == "measurement"
