"""Sources of calibrations on record: how valid each base model's cosines are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.measure_validity import MeasureValidity
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX, STUDY_SUFFIX
from marker_coupling.study.registration import Registration
from pytest_claims import EvidenceSource, Origin

MEASURES = frozenset({"measure_validity"})


def calibration_sources(config: pytest.Config) -> Iterator[EvidenceSource]:
    """Yield the validity of the measure on every base model whose calibration is on record."""
    for path in _calibrations(config):
        base_model = path.name.removesuffix(CALIBRATION_SUFFIX)
        load: Callable[[], MeasureValidity] = partial(MeasureValidity.read, path)
        yield EvidenceSource(
            f"calibration-{base_model}", MEASURES, load, (EvidenceError,), origin=Origin.ON_FILE,
            label=f"{base_model}, calibration", files=path.relative_to(config.rootpath).as_posix(),
        )  # fmt: skip


def failed_validity(
    config: pytest.Config, evidence: Iterable[Path], registration: Registration
) -> dict[str, str]:
    """Return base models whose measure failed the check of validity, each with the reasons.

    Calibrations are those on record, and those that lie beside evidence under its name; of other
    registrations they say nothing.

    Parameters
    ----------
    evidence : files of the registered study
    registration : of that study

    Raises
    ------
    EvidenceError
        One line naming the file, the key and the expectation, of the first file that is no calibration.
    """
    beside = (path.with_name(path.name.removesuffix(STUDY_SUFFIX) + CALIBRATION_SUFFIX) for path in evidence)
    files = dict.fromkeys([*_calibrations(config), *(path for path in beside if path.exists())])
    validities = [MeasureValidity.read(path) for path in files]
    return {
        each.base_model: "; ".join(each.failures)
        for each in validities
        if each.failures and each.registration == registration.digest
    }


def _calibrations(config: pytest.Config) -> list[Path]:
    folder = config.rootpath / "reports" / "reference" / "adjudication" / "calibration"
    return sorted(folder.glob(f"*{CALIBRATION_SUFFIX}"))
