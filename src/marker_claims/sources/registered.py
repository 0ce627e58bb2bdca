"""Sources of a registered study: each base model's evidence on file, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from marker_claims.calibrations_on_file import failed_validity
from marker_claims.registered_study import RegisteredStudy
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX, STUDY_SUFFIX, StudyEvidence
from marker_coupling.study.persona_files import PersonaFileError
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import RegistrationError, read_registration
from pytest_claims import EvidenceSource

NAME = "adjudication"
#: Of the registered analysis, for which a base model has to be valid and its outcome reliable; of cosines,
#: for which it has to be valid; and of what adapters do, which is informative on every base model.
MEASURES = frozenset({"registered_study", "registered_cosines", "registered_couplings"})
EXPECTED = (AnalysisError, EvidenceError, PersonaFileError, RegistrationError)


def registered_sources(config: pytest.Config, given: list[Path]) -> Iterator[EvidenceSource]:
    """Yield all base models of a registered study together, then each alone.

    Parameters
    ----------
    given : files that ``--evidence`` names; without any, those on record
    """
    folder = config.rootpath / "reports" / "reference" / NAME
    files = given or sorted((folder / "study").glob(f"*{STUDY_SUFFIX}"))
    if not files:
        return

    @cache
    def registration() -> Registration:
        return read_registration(config.rootpath / "fixtures" / NAME)

    def load(chosen: list[Path]) -> Callable[[], RegisteredStudy]:
        def study() -> RegisteredStudy:
            bodies = tuple(StudyEvidence.read(path) for path in chosen)
            order = {name: place for place, name in enumerate(registration().analysis.base_models)}
            bodies = tuple(sorted(bodies, key=lambda body: order.get(body.base_model, len(order))))
            invalid = failed_validity(folder / "calibration", CALIBRATION_SUFFIX)
            return RegisteredStudy(bodies, registration(), invalid)

        return study

    if len(files) > 1:
        yield EvidenceSource(NAME, MEASURES, load(files), EXPECTED, group=NAME, role="pooled")
    for path in files:
        name = f"{NAME}-{path.name.removesuffix(STUDY_SUFFIX)}"
        yield EvidenceSource(name, MEASURES, load([path]), EXPECTED, group=NAME)
