from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("untimed", deadline=None, max_examples=50, print_blob=True)
settings.load_profile("untimed")

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
shallowest_layer = 1
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
    from marker_coupling.study import read_study

    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return read_study(path)


@pytest.fixture
def experiment_design():
    from marker_coupling.experiment_design import ExperimentDesign

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
