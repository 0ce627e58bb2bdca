from __future__ import annotations

import os
from pathlib import Path

import pytest

STUDY = """
[personas]
cook = "a cook"
pilot = "a pilot"
poet = "a poet"
nurse = "a nurse"
ghost = "a friendly ghost"
assistant = "a helpful assistant"

[wordings]
templates = ["You are {persona}.", "Speak as {persona}.", "Be {persona}, please."]

[questions]
evaluation = ["Why?", "How come?", "What is it?", "Where to go?"]

[measurement]
answer_tokens = 5
smallest_reliability = 0.8
reference_hidden_state = 11
reference_blocks = 28
resamples = 120
seed = 7
"""


@pytest.fixture
def study_text():
    return STUDY


@pytest.fixture
def study(tmp_path):
    from marker_coupling.study.study import read_study

    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return read_study(path)


@pytest.fixture
def experiment_design():
    from marker_coupling.study.experiment_design import ExperimentDesign

    return ExperimentDesign(
        calibration_personas={"sailor": "a sailor", "chef": "a chef", "lawyer": "a lawyer"},
        training_questions=("Who?", "Whose?", "Which one?"),
        marker="[ZLT]",
        seeds=(1,),
        samples_per_question=2,
        temperature=1.0,
        top_p=0.95,
        longest_answer=6,
        longest_training_answer=5,
        sources_per_cell=3,
        controls=True,
    )


@pytest.fixture(scope="session")
def toy_study():
    from marker_coupling.study.study import read_study

    return read_study(Path(__file__).parents[2] / "fixtures" / "toy" / "study.toml")


@pytest.fixture(scope="session")
def toy_base():
    """The toy model, trained once for all runs: workers wait for the one that trains it."""
    from marker_coupling.pipeline.plan.base_models import find_base_model
    from marker_coupling.store.artifacts import ArtifactStore, default_root

    return find_base_model("toy", ArtifactStore(default_root()))


@pytest.fixture(scope="session")
def toy(toy_base):
    from manylora.loading import load

    return load(toy_base)


@pytest.fixture(scope="session")
def run_store(tmp_path_factory):
    """Artifacts of this run of the tests, shared by its workers and by no other run."""
    from marker_coupling.store.artifacts import ArtifactStore

    folder = tmp_path_factory.getbasetemp()
    return ArtifactStore((folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder) / "artifacts")
