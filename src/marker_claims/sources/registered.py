"""Sources of a registered study: each base model's evidence on file, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from marker_claims.registered_design import check_analysis, check_bodies
from marker_claims.registered_study import MEASURES, RegisteredStudy
from marker_claims.sources.calibrations import failed_validity
from marker_claims.sources.paths import path_within
from marker_claims.sources.variations import read_variations, recipe_of
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.evidence.files import unique_name
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import STUDY_SUFFIX, StudyEvidence
from marker_coupling.study.persona_files import PersonaFileError
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import RegistrationError, read_registration
from marker_coupling.study.smoke import smoke_registration
from pytest_claims import BrokenEvidence, EvidenceSource, Origin

NAME = "adjudication"
EXPECTED = (AnalysisError, EvidenceError, PersonaFileError, RecipeError, RegistrationError)


def registered_sources(
    config: pytest.Config, given: list[Path], registered: Path | None = None
) -> Iterator[EvidenceSource | BrokenEvidence]:
    """Yield all base models of a registered study together, then each alone.

    Those on record are judged once all that are registered are there, as the registration says. Variations,
    whose names end with that of another recipe, stand beside the base models that they are of.

    Parameters
    ----------
    given : files that ``--evidence`` names; without any, those on record
    registered : folder with the registration of the given files; by default the one of those on record
    """
    own = config.rootpath / "fixtures" / NAME
    registered = registered if given and registered is not None else own
    folder = config.rootpath / "reports" / "reference" / NAME / "study"
    every = given or sorted(folder.glob(f"*{STUDY_SUFFIX}"))

    @cache
    def registration() -> Registration:
        read = read_registration(registered)
        check_analysis(read, registered)
        return read

    recipes = _other_recipes(config, every, registration)
    varied = [path for path in every if recipe_of(path, recipes)]
    files = [path for path in every if path not in varied]
    if not files:
        for path in varied:
            expected = (
                "expected the registered study's evidence beside it, as nothing is judged on a variation"
            )
            yield BrokenEvidence(path.name.removesuffix(STUDY_SUFFIX), f"{path}: {expected}")
        return

    # Of one base model alone and of all together they are the same.
    read_body = cache(StudyEvidence.read)
    taken: set[str] = set()
    members = {path: _member_name(path, taken) for path in files}

    def load(chosen: list[Path]) -> Callable[[], RegisteredStudy]:
        def study() -> RegisteredStudy:
            bodies = tuple(read_body(path) for path in chosen)
            order = {name: place for place, name in enumerate(registration().analysis.base_models)}
            bodies = tuple(sorted(bodies, key=lambda body: order.get(body.base_model, len(order))))
            smoke = smoke_registration(registration())
            is_smoke = all(body.registration == smoke.digest for body in bodies)
            whole = smoke if is_smoke else registration()
            check_bodies({path: read_body(path) for path in chosen}, whole)
            names = {read_body(path).base_model: members[path] for path in chosen}
            shown = {} if is_smoke else read_variations(varied, recipes, whole, read_body)
            models = {body.base_model for body in bodies}
            variations = {
                recipe: kept
                for recipe, of_recipe in shown.items()
                if (kept := tuple(body for body in of_recipe if body.base_model in models))
            }
            invalid = failed_validity(config, files, whole)
            return RegisteredStudy(bodies, whole, invalid, names, variations)

        return study

    if not given and (missing := _missing(files, registration)):
        waits_for = " | ".join(map(_label, missing))
        waits = pytest.mark.skip(reason=f"as registered, waits for {waits_for}")
        count = len(files) + len(missing)
        yield EvidenceSource(
            NAME, MEASURES, load(files), EXPECTED, (waits,),
            origin=Origin.ON_FILE, label=_label(f"{count} base models"), files=_paths(config, files),
        )  # fmt: skip
        return
    if len(files) > 1:
        yield EvidenceSource(
            NAME, MEASURES, load(files), EXPECTED, group=NAME, role="pooled",
            origin=Origin.ON_FILE, label=_label(f"{len(files)} base models"), files=_paths(config, files),
        )  # fmt: skip
    for path in files:
        yield EvidenceSource(
            members[path], MEASURES, load([path]), EXPECTED, group=NAME,
            origin=Origin.ON_FILE, label=_label(_base_model(path)), files=_paths(config, [path]),
        )  # fmt: skip


def _other_recipes(
    config: pytest.Config, files: list[Path], registration: Callable[[], Registration]
) -> dict[str, Path]:
    """Return the recipes that files are named after, without the registered one, by name."""
    recipes = {path.stem: path for path in sorted((config.rootpath / "fixtures" / "recipes").glob("*.toml"))}
    named = {recipe_of(path, recipes) for path in files} - {None}
    if not named:  # and the registration need not be read yet
        return {}
    try:
        named.discard(registration().recipe.name)
    except EXPECTED:
        return {}
    return {name: path for name, path in recipes.items() if name in named}


def _base_model(path: Path) -> str:
    return path.name.removesuffix(STUDY_SUFFIX)


def _member_name(path: Path, taken: set[str]) -> str:
    name = unique_name(f"{NAME}-{_base_model(path)}", taken)
    taken.add(name)
    return name


def _label(base_models: str) -> str:
    return f"{base_models}, registered study"


def _paths(config: pytest.Config, files: list[Path]) -> str:
    return ", ".join(path_within(config, path) for path in files)


def _missing(files: list[Path], registration: Callable[[], Registration]) -> list[str]:
    """Return the registered base models that no file is of; none where the registration cannot be read."""
    measured = set(map(_base_model, files))
    try:
        return [name for name in registration().analysis.base_models if name not in measured]
    except EXPECTED:
        return []
