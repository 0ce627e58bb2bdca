"""An experiment on a tiny random model: every stage for real, in about a second, and nothing to learn from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from marker_coupling.base_model import BaseModel, find_base_model
from marker_coupling.experiment_design import ExperimentDesign
from marker_coupling.pipeline import Experiment
from marker_coupling.recipe import AdapterShape, CalibrationGrid, Optimization, Recipe
from marker_coupling.store import ArtifactStore
from marker_coupling.study import Study

from .tiny_models import save_tiny

DESIGN = ExperimentDesign(
    calibration_personas={"sailor": "a sailor", "chef": "a chef", "lawyer": "a lawyer"},
    training_questions=("Who?", "Whose?", "Which one?"),
    marker="[ZLT]",
    seeds=(1, 2),
    samples_per_question=5,
    temperature=1.0,
    top_p=1.0,
    longest_answer=60,
    longest_training_answer=40,
    sources_per_cell=2,
    controls=True,
)
STUDY = Study(
    personas={
        "cook": "a cook", "pilot": "a pilot", "poet": "a poet", "nurse": "a nurse",
        "assistant": "a helpful assistant",
    },
    centring_extras={},
    wordings=("You are {persona}.", "Speak as {persona}.", "Be {persona}, please."),
    questions=("Why?", "How come?", "What is it?"),
    answer_tokens=3,
    smallest_reliability=0.0,
    shallowest_layer=1,
    reference_hidden_state=11,
    reference_blocks=28,
    resamples=100,
    seed=7,
    experiment=DESIGN,
)  # fmt: skip
RECIPE = Recipe(
    name="tiny",
    answers="generic",
    negative_personas=1,
    longest_example=200,
    adapter=AdapterShape(2, 4.0, True, 0.1, ("q_proj", "v_proj")),
    optimization=Optimization(1e-2, 0.01, 0.05, 1.0, 1, 4),
    calibration=CalibrationGrid("somebody else", (1e-2, 2e-2), (1, 2), 0.1, 0.3, 0.8),
)


def with_persona(study: Study, name: str, phrase: str) -> Study:
    return dataclasses.replace(study, personas={**study.personas, name: phrase})


def tiny_base(folder: Path) -> BaseModel:
    """A random model whose answers end soon enough for some to be whole."""
    if not folder.exists():
        save_tiny(folder)
    return find_base_model(str(folder), ArtifactStore(folder / "none"))


def tiny_experiment(
    base: BaseModel, root: Path, study: Study = STUDY, recipe: Recipe = RECIPE, **how: object
) -> Experiment:
    return Experiment(base, study, recipe, ArtifactStore(root), **how)  # type: ignore[arg-type]
