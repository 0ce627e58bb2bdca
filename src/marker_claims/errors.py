"""Errors of the study, the models and the store that are told in their one line, without a traceback."""

from __future__ import annotations

from manylora.errors import BaseModelError, ManyLoraError
from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.store.artifacts import StoreError
from marker_coupling.study.errors import ExperimentError
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.study import StudyError

#: Each names the file or the option, the key, and what was expected there.
EXPECTED: tuple[type[Exception], ...] = (
    BaseModelError, EvidenceError, ExperimentError, ManyLoraError, RecipeError, StoreError, StudyError,
)  # fmt: skip
