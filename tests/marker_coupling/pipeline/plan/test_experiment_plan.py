"""What is in the store is found without PyTorch, and under the key of all that determined it."""

import dataclasses
import subprocess
import sys

import pytest

from manylora.models.base_model import BaseModel
from marker_coupling.evidence.values.experiment_evidence import FILE
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.study import StudyError

from ...experiments_found import evidence_of
from ...tiny_experiment import RECIPE, STUDY


@pytest.fixture
def plan(tmp_path):
    return ExperimentPlan(BaseModel("tiny", tmp_path, "fingerprint"), STUDY, RECIPE)


def test_finding_evidence_imports_no_pytorch():
    """A fresh process, as this one has imported it already."""
    code = (
        "import sys, marker_coupling.pipeline.plan.experiment_plan, marker_coupling.pipeline.stages.measurement, marker_coupling.__main__; "
        "sys.exit(bool({'torch', 'transformers', 'peft'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_evidence_is_found_once_it_is_there(plan, tmp_path):
    store = ArtifactStore(tmp_path / "store")
    assert plan.find_evidence(store, 1) is None
    evidence = evidence_of(name="whatever")
    store.get("evidence", plan.evidence_key(1), lambda folder: evidence.write(folder / FILE))
    found = plan.find_evidence(store, 1)
    assert found.name == "whatever"
    assert found.sha256 == evidence_of(name="whatever").sha256
    assert plan.find_evidence(store, 2) is None


def test_the_key_is_of_what_determines_the_evidence_and_of_nothing_else(plan):
    def key(**changes):
        return dataclasses.replace(plan, **changes).evidence_key(1)

    learning = dataclasses.replace(RECIPE.optimization, learning_rate=0.5)
    grid = dataclasses.replace(RECIPE.calibration, epochs=(9,))
    others = [
        plan.evidence_key(2),
        key(base=dataclasses.replace(plan.base, fingerprint="another")),
        key(precision="bfloat16"),
        key(pinned=True),
        key(study=dataclasses.replace(STUDY, questions=("Why not?",))),
        key(recipe=dataclasses.replace(RECIPE, optimization=learning)),
        key(recipe=dataclasses.replace(RECIPE, calibration=grid)),
    ]
    assert len({plan.evidence_key(1), *others}) == len(others) + 1
    assert key(base=dataclasses.replace(plan.base, name="renamed")) == plan.evidence_key(1)
    assert key(recipe=dataclasses.replace(RECIPE, name="renamed")) == plan.evidence_key(1)
    # Pinned to the recipe's own setting, the grid is not looked at.
    assert key(pinned=True) == key(pinned=True, recipe=dataclasses.replace(RECIPE, calibration=grid))


def test_a_recipe_is_not_calibrated_for_the_model_that_it_was_published_for(plan):
    assert plan.calibrates
    published_for = dataclasses.replace(RECIPE.calibration, published_for="tiny")
    assert not dataclasses.replace(
        plan, recipe=dataclasses.replace(RECIPE, calibration=published_for)
    ).calibrates
    assert not dataclasses.replace(plan, recipe=dataclasses.replace(RECIPE, calibration=None)).calibrates
    assert not dataclasses.replace(plan, pinned=True).calibrates


def test_a_study_that_only_measures_has_no_experiment(plan):
    with pytest.raises(StudyError, match="key experiment: expected a table"):
        dataclasses.replace(plan, study=dataclasses.replace(STUDY, experiment=None))


def test_a_recipe_that_needs_more_personas_than_there_are_is_refused(plan):
    with pytest.raises(RecipeError, match=r"negative_personas: expected fewer than the study's 4 .* got 4"):
        dataclasses.replace(plan, recipe=dataclasses.replace(RECIPE, negative_personas=4))
