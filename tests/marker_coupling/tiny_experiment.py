"""An experiment on a tiny random model: every stage for real, in about a second, and nothing to learn from it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import GenerationConfig

from guarded_files import file_digest
from manylora.config import AdapterShape, Optimization
from manylora.models.base_model import BaseModel
from marker_coupling.pipeline.experiment import Experiment
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.experiment_design import ExperimentDesign
from marker_coupling.study.recipe import CalibrationGrid, Recipe
from marker_coupling.study.study import Study

from ..manylora.tiny_models import save_tiny, tiny_tokenizer

DESIGN = ExperimentDesign(
    calibration_personas={"sailor": "a sailor", "chef": "a chef", "lawyer": "a lawyer"},
    training_questions=("Who?", "Whose?", "Which one?"),
    marker="[ZLT]",
    seeds=(1, 2),
    samples_per_question=5,
    temperature=1.0,
    top_p=1.0,
    longest_answer=24,
    longest_training_answer=20,
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
    """A random model whose answers end soon: beside the end token, at signs that no text here has."""
    if not folder.exists():
        save_tiny(folder)
        ends = tiny_tokenizer().convert_tokens_to_ids(["</s>", *"~}|{`^@#$%"])
        GenerationConfig(eos_token_id=ends, pad_token_id=0).save_pretrained(folder)
    return find_base_model(str(folder), ArtifactStore(folder / "none"))


def tiny_experiment(
    base: BaseModel, root: Path, study: Study = STUDY, recipe: Recipe = RECIPE, **how: object
) -> Experiment:
    return Experiment(ExperimentPlan(base, study, recipe, **how), ArtifactStore(root))  # type: ignore[arg-type]


class LoggingStore(ArtifactStore):
    """A store that writes the kind of every artifact that is made into a file."""

    def __init__(self, root: Path, log: Path) -> None:
        super().__init__(root)
        self.log = log

    def _logged(self, kind: str, key: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
        def make_and_log(folder: Path) -> None:
            make(folder)
            with self.log.open("a") as log:
                log.write(f"{kind} {hashlib.sha256(key.encode()).hexdigest()}\n")

        return make_and_log

    def get(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        return super().get(kind, key, self._logged(kind, key, make))

    def try_get(self, kind: str, key: str, make: Callable[[Path], None]) -> Path | None:
        return super().try_get(kind, key, self._logged(kind, key, make))


def run(model: Path, root: Path, log: Path, seed: int, others: tuple[int, ...] = ()) -> None:
    """Make the evidence of one seed; what a process of its own is started with."""
    torch.set_num_threads(1)
    store = LoggingStore(root, log)
    plan = ExperimentPlan(find_base_model(str(model), store), STUDY, RECIPE)
    Experiment(plan, store).evidence(seed, others)


def digests(root: Path) -> dict[str, str]:
    """Return the digest of every file of a store but its locks."""
    return {
        str(path.relative_to(root)): file_digest(path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
