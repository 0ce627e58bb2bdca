"""Calibrations on record are sources: each base model's, and one that is broken costs only itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from marker_claims.sources.calibrations import MEASURES, calibration_sources
from marker_coupling.evidence.values.fields import EvidenceError


def test_every_calibration_on_record_is_a_source(configured):
    sources = list(calibration_sources(configured()))
    assert {source.name for source in sources} >= {"calibration-smollm2-135m"}
    for source in sources:
        assert source.measures == MEASURES
        assert f"calibration-{source.load().base_model}" == source.name


def test_what_is_no_calibration_is_an_expected_error(tmp_path):
    folder = tmp_path / "reports/reference/adjudication/calibration"
    folder.mkdir(parents=True)
    (folder / "mine.calibration.json").write_text("{}")
    (source,) = calibration_sources(SimpleNamespace(rootpath=tmp_path))
    assert source.name == "calibration-mine"
    with pytest.raises(EvidenceError, match=r"mine\.calibration\.json: key base_model: expected"):
        source.load()
    assert source.expected_errors == (EvidenceError,)
    assert list(calibration_sources(SimpleNamespace(rootpath=tmp_path / "none"))) == []
