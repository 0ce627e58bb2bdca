"""Sources of calibrations on record: how valid each base model's cosines are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.measure_validity import MeasureValidity
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX
from pytest_claims import EvidenceSource

MEASURES = frozenset({"measure_validity"})


def calibration_sources(config: pytest.Config) -> Iterator[EvidenceSource]:
    """Yield the validity of the measure on every base model whose calibration is on record."""
    folder = config.rootpath / "reports" / "reference" / "adjudication" / "calibration"
    for path in sorted(folder.glob(f"*{CALIBRATION_SUFFIX}")):
        name = f"calibration-{path.name.removesuffix(CALIBRATION_SUFFIX)}"
        load: Callable[[], MeasureValidity] = partial(MeasureValidity.read, path)
        yield EvidenceSource(name, MEASURES, load, (EvidenceError,))
