"""A registered study in small: every stage runs within minutes on a CPU, and nothing follows from it."""

from __future__ import annotations

from dataclasses import replace

from marker_coupling.study.personas import PersonaPool, RegisteredPersonas
from marker_coupling.study.registration import Curve, Registration

#: Sizes of the study in small: personas by pool, seeds, wordings, and questions by use.
SOURCES, CALIBRATION, PANEL = 4, 9, 6
SEEDS, WORDINGS, QUESTIONS, TRAINING_QUESTIONS = 2, 2, 2, 2
#: Tokens. Some answers to train on have to end, and few questions are asked.
_LONGEST_ANSWER, _LONGEST_TRAINING_ANSWER = 24, 256


def smoke_registration(registration: Registration) -> Registration:
    """Return a registered study of a few personas, whose verdicts are uninformative by design.

    Its digest is its own, so that its evidence is never taken for that of the study.
    """
    personas, study, calibration = registration.personas, registration.study, registration.calibration
    seeds = registration.seeds[:SEEDS]
    if (design := study.experiment) is not None:
        design = replace(
            design, training_questions=design.training_questions[:TRAINING_QUESTIONS], samples_per_question=1,
            longest_answer=min(design.longest_answer, _LONGEST_ANSWER),
            longest_training_answer=max(design.longest_training_answer, _LONGEST_TRAINING_ANSWER),
        )  # fmt: skip
    return replace(
        registration,
        personas=RegisteredPersonas(
            _first(personas.sources, SOURCES), _first(personas.calibration, CALIBRATION),
            _first(personas.reference_panel, PANEL), personas.negatives,
        ),
        study=replace(
            study, wordings=study.wordings[:WORDINGS], questions=study.questions[:QUESTIONS],
            experiment=design,
        ),
        seeds=seeds,
        bystanders=min(registration.bystanders, 1),
        curve=Curve(min(registration.curve.checkpoints, 2), 1),
        # Whatever is learned in so few steps, a setting is chosen and the study goes on.
        calibration=replace(
            calibration, seeds=seeds, learning_rates=calibration.learning_rates[:1],
            epochs=(1,), smallest_gating=-1.0,
        ),
        is_smoke=True,
    )  # fmt: skip


def _first(pool: PersonaPool, count: int) -> PersonaPool:
    return PersonaPool(pool.personas[:count])
