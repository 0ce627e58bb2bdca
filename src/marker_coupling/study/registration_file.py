"""Registration of a study, read from TOML and checked against the files that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guarded_files.schema import Array, Section
from guarded_files.schema_values import NAME, Choice, Real, Text, Whole
from guarded_files.toml_file import TomlDocument, read_document
from marker_coupling.study.experiment_design import SEEDS
from marker_coupling.study.persona_files import MOST_PERSONAS, read_registered_personas
from marker_coupling.study.personas import ASSISTANT, RegisteredPersonas
from marker_coupling.study.recipe import EPOCHS, LEARNING_RATE, Recipe, read_recipe
from marker_coupling.study.registration import (
    OUTCOMES,
    Curve,
    OutcomeCalibration,
    RegisteredAnalysis,
    RegisteredHypothesis,
    Registration,
)
from marker_coupling.study.study import read_study

_FILE = Text(300, one_line=True)
#: Personas of a seed's pair, which every adapter of the seed has as negatives.
_NEGATIVES = 2
REGISTRATION = Section(
    {
        "study": Section(
            {
                "questions_of": _FILE,
                "recipe": _FILE,
                "seeds": SEEDS,
                "bystanders": Whole(1, MOST_PERSONAS),
            }
        ),
        "curve": Section({"checkpoints": Whole(1, 1000), "questions": Whole(1, 10_000)}),
        "analysis": Section(
            {
                "base_models": Array(NAME, 100, "names of base models"),
                "permutations": Whole(99, 10**6),
                "permutation_seed": Whole(0, 2**32 - 1),
                "alpha": Real(1e-6, 0.5),
                "smallest_effect": Real(0.01, 0.99),
                "exclusions": Array(Text(), 100, "rules of exclusion"),
            }
        ),
        "hypotheses": Array(
            Section(
                {"id": NAME} | dict.fromkeys(("statement", "supported", "opposite", "too_small"), Text())
            ),
            100,
            "tables",
            distinct=False,
        ),
        "calibration": Section(
            {
                "seeds": SEEDS,
                "learning_rates": Array(LEARNING_RATE, 100, "learning rates"),
                "epochs": Array(EPOCHS, 100, "numbers of epochs"),
                "outcomes": Array(Choice(OUTCOMES), len(OUTCOMES), "outcomes"),
                "smallest_gating": Real(0, 1),
                "least_reliability": Real(0, 1),
            }
        ),
    }
)


class RegistrationError(ValueError):
    """A registration is not sound; one line naming file, key and expectation."""


def read_registration(folder: Path) -> Registration:
    """Read a registered study.

    Parameters
    ----------
    folder : with ``registration.toml`` and the files of :func:`read_registered_personas`

    Raises
    ------
    RegistrationError
        One line naming file, key and expectation.
    PersonaFileError, StudyError, RecipeError
        The same of a file that it names.
    """
    document = read_document(folder / "registration.toml", REGISTRATION, RegistrationError)
    personas = read_registered_personas(folder)
    table = document["study"]
    study = read_study(folder / table["questions_of"])
    if study.experiment is None:
        raise document.wrong("study.questions_of", "a study with an experiment", table["questions_of"])
    recipe = _read_paired_recipe(folder / table["recipe"])
    curve, calibration = Curve(**document["curve"]), OutcomeCalibration(**document["calibration"])
    if curve.questions > len(study.questions):
        expected = f"at most the {len(study.questions)} evaluation questions"
        raise document.wrong("curve.questions", expected, curve.questions)
    for key, seeds in (("study", table["seeds"]), ("calibration", calibration.seeds)):
        _check_seeds(document, f"{key}.seeds", seeds, personas)
    pools = (personas.sources, personas.calibration, personas.reference_panel)
    everyone = [persona for pool in pools for persona in pool.personas] + [*personas.negatives.personas]
    names = {persona.key: persona.name for persona in everyone}
    experiment = replace(study.experiment, seeds=table["seeds"], calibration_personas={}, controls=False)
    return Registration(
        personas=personas,
        study=replace(
            study, personas=names | {ASSISTANT: study.personas[ASSISTANT]}, centring_extras={}, labels={},
            experiment=experiment,
        ),
        recipe=recipe,
        seeds=table["seeds"],
        bystanders=table["bystanders"],
        curve=curve,
        calibration=calibration,
        analysis=RegisteredAnalysis(
            **document["analysis"],
            hypotheses=tuple(RegisteredHypothesis(**each) for each in document["hypotheses"]),
        ),
    )  # fmt: skip


def with_recipe(registration: Registration, path: Path) -> Registration:
    """Return a registered study with the recipe of another file: a variation, with a digest of its own.

    Its evidence is never taken for the registered study's, and no hypothesis is tested on it.

    Raises
    ------
    RecipeError
        One line naming file, key and expectation.
    RegistrationError
        The same, where the study's pairs of negatives are not what the recipe asks for.
    """
    recipe = _read_paired_recipe(path)
    is_registered = recipe.digest == registration.recipe.digest
    return replace(registration, recipe=recipe, variation="" if is_registered else recipe.name)


def _read_paired_recipe(path: Path) -> Recipe:
    recipe = read_recipe(path)
    if recipe.negative_personas != _NEGATIVES:
        expected = f"expected {_NEGATIVES}, as the study's negatives come in pairs"
        raise RegistrationError(
            f"{path}: training_set.negative_personas: {expected}, got {recipe.negative_personas}"
        )
    return recipe


def _check_seeds(
    document: TomlDocument, key: str, seeds: Sequence[int], personas: RegisteredPersonas
) -> None:
    for index, seed in enumerate(seeds):
        if seed not in personas.negatives.pairs:
            raise document.wrong(f"{key}[{index}]", "a seed that has negatives in negatives.toml", seed)
