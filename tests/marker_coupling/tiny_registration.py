"""A registered study of four personas on a tiny random model: every stage for real, and nothing to learn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from marker_coupling.pipeline.registered_experiment import RegisteredExperiment
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.personas import PersonaPool, RegisteredPersonas
from marker_coupling.study.registration import Curve, Registration
from marker_coupling.study.registration_file import read_registration

from .tiny_experiment import DESIGN, RECIPE, STUDY, tiny_base

FIXTURE = Path(__file__).parents[2] / "fixtures" / "adjudication"


def tiny_registration() -> Registration:
    whole = read_registration(FIXTURE)
    personas = whole.personas

    def few(pool: PersonaPool, count: int) -> PersonaPool:
        return PersonaPool(pool.personas[:count])

    design = replace(DESIGN, seeds=(42, 137), samples_per_question=2, longest_answer=6, controls=False)
    return replace(
        whole,
        personas=RegisteredPersonas(
            few(personas.sources, 4), few(personas.calibration, 4), few(personas.reference_panel, 3),
            personas.negatives,
        ),
        study=replace(
            whole.study, wordings=STUDY.wordings[:2], questions=STUDY.questions, answer_tokens=3,
            experiment=replace(design, calibration_personas={}),
        ),
        recipe=replace(RECIPE, negative_personas=2, calibration=None),
        seeds=(42, 137),
        bystanders=2,
        curve=Curve(2, 2),
        calibration=replace(whole.calibration, seeds=(42, 137), learning_rates=(1e-2, 2e-2), epochs=(1,)),
    )  # fmt: skip


def tiny_registered(
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
    registration: Registration | None = None,
) -> RegisteredExperiment:
    said, registration = (
        {} if progress is None else {"progress": progress},
        registration or tiny_registration(),
    )
    base = tiny_base(folder / "tiny")
    return RegisteredExperiment(registration, base, ArtifactStore(folder / "store"), group=3, **said)
