"""Agreement of evidence with the registration that it names, and of a registration with the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from marker_coupling.analysis.decisions.hypotheses import HYPOTHESES
from marker_coupling.analysis.decisions.sequence import ALPHA_ONE_SIDED
from marker_coupling.analysis.decisions.verdict import SMALLEST_EFFECT
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import StudyEvidence
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import RegistrationError


def check_analysis(registration: Registration, folder: Path) -> None:
    """Check that a registration asks for the analysis that is made.

    Parameters
    ----------
    folder : with ``registration.toml``

    Raises
    ------
    RegistrationError
        One line naming file, key and expectation.
    """
    analysis = registration.analysis
    for key, expected, got in (
        ("analysis.alpha", ALPHA_ONE_SIDED, analysis.alpha),
        ("analysis.smallest_effect", SMALLEST_EFFECT, analysis.smallest_effect),
        ("hypotheses", [each.id for each in HYPOTHESES], [each.id for each in analysis.hypotheses]),
    ):
        if got != expected:
            raise RegistrationError(
                f"{folder / 'registration.toml'}: key {key}: expected {expected}, as the analysis has it, "
                f"got {got!s:.200}"
            )


def check_bodies(bodies: Mapping[Path, StudyEvidence], registration: Registration) -> None:
    """Check that files hold evidence of one registered study, each of a base model of its own.

    Raises
    ------
    EvidenceError
        One line naming file, field and expectation.
    """
    seen: dict[str, Path] = {}
    for path, body in bodies.items():
        if body.base_model in seen:
            raise EvidenceError(
                f"{path}: base_model: expected another than that of {seen[body.base_model]}, "
                f"got {body.base_model}"
            )
        seen[body.base_model] = path
        if body.registration != registration.digest:
            raise EvidenceError(
                f"{path}: registration: expected {registration.digest:.12}..., "
                f"got {body.registration:.12}...; another study's folder is given by --registration"
            )
        try:
            check_design(body, registration)
        except EvidenceError as error:
            raise EvidenceError(f"{path}: {error}") from error


def check_design(body: StudyEvidence, registration: Registration) -> None:
    """Check that evidence is of the personas, seeds and settings that its registration says.

    Raises
    ------
    EvidenceError
        One line naming the field and the expectation.
    """
    design = registration.study.experiment
    sources, rule = registration.personas.sources.personas, registration.calibration
    if design is None:
        raise EvidenceError("registration: expected a study with an experiment")
    personas = tuple(persona.key for persona in sources)
    bystanders = min(registration.bystanders, len(personas) - 1)
    samples = design.samples_per_question * len(registration.study.questions)
    seeds = tuple(seed for seed in registration.seeds if seed in body.seeds)
    setting = f"{body.learning_rate:g} x {body.epochs}"
    of_grid = f"a setting of its grid, {', '.join(f'{rate:g} x {epochs}' for rate, epochs in rule.grid):.100}"
    for key, agrees, expected, got in (
        (
            "personas",
            body.personas == personas,
            f"its {len(personas)} sources",
            f"{len(body.personas)} others",
        ),
        (
            "categories",
            body.categories == tuple(persona.category for persona in sources),
            "those of its sources",
            "others",
        ),
        (
            "seeds",
            body.seeds == seeds,
            f"{list(registration.seeds)!s:.100} or some of them, in this order",
            f"{list(body.seeds)!s:.60}",
        ),
        (
            "bystanders",
            body.bystanders.shape[2] == bystanders,
            f"{bystanders} a cell",
            body.bystanders.shape[2],
        ),
        ("samples", body.samples == samples, samples, body.samples),
        ("learning_rate, epochs", (body.learning_rate, body.epochs) in rule.grid, of_grid, setting),
        ("outcome", body.outcome in rule.outcomes, f"one of {', '.join(rule.outcomes)}", body.outcome),
    ):
        if not agrees:
            raise EvidenceError(
                f"{key}: expected {expected}, as registration {registration.digest:.12} says, got {got}"
            )
