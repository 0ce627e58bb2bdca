"""Variations of a registered study: evidence with another recipe, which is shown and never judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from marker_claims.registered_design import check_bodies
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import STUDY_SUFFIX, StudyEvidence
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import with_recipe


def recipe_of(path: Path, recipes: Mapping[str, Path]) -> str | None:
    """Return the recipe that the name of a file of evidence ends with, the longest if several; or None.

    Parameters
    ----------
    recipes : files by name
    """
    name = path.name.removesuffix(STUDY_SUFFIX)
    return max((recipe for recipe in recipes if name.endswith(f"-{recipe}")), key=len, default=None)


def read_variations(
    files: Iterable[Path],
    recipes: Mapping[str, Path],
    registration: Registration,
    read: Callable[[Path], StudyEvidence] = StudyEvidence.read,
) -> dict[str, tuple[StudyEvidence, ...]]:
    """Return evidence with other recipes, by recipe.

    Parameters
    ----------
    files : each named after its recipe
    recipes : files by name
    registration : that they vary

    Raises
    ------
    EvidenceError, RecipeError, RegistrationError
        One line naming file and expectation: evidence is of another registration, or its recipe is not sound.
    """
    variations: dict[str, tuple[StudyEvidence, ...]] = {}
    for path in files:
        name, body = recipe_of(path, recipes) or "", read(path)
        varied = with_recipe(registration, recipes[name])
        if body.registration != varied.digest:
            expected = f"expected the registration with recipe {name}, {varied.digest:.12}..."
            raise EvidenceError(f"{path}: registration: {expected}, got {body.registration:.12}...")
        check_bodies({path: body}, varied)
        variations[name] = (*variations.get(name, ()), body)
    return variations
