"""Calibrations on record are sources: each base model's, and one that is broken costs only itself."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest

from marker_claims.sources.calibrations import MEASURES, calibration_sources, failed_validity
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.study.registration_file import read_registration
from marker_coupling.study.smoke import smoke_registration


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


def test_base_models_that_failed_the_check_of_validity_are_found(pytestconfig, tmp_path):
    registration = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    assert failed_validity(pytestconfig, [], registration) == {}
    folder = "reports/reference/adjudication/calibration"
    shutil.copytree(pytestconfig.rootpath / folder, tmp_path / folder)
    path = tmp_path / folder / "smollm2-135m.calibration.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    report["validity"]["failures"] = ["descriptions agree at 0.1", "no retrieval"]
    path.write_text(json.dumps(report), encoding="utf-8")
    config = SimpleNamespace(rootpath=tmp_path)
    failed = {"smollm2-135m": "descriptions agree at 0.1; no retrieval"}
    assert failed_validity(config, [], registration) == failed
    assert (
        failed_validity(config, [], smoke_registration(registration)) == {}
    )  # of another study it says nothing
    # One's own calibration lies beside the evidence.
    beside = tmp_path / "mine" / "smollm2-135m.calibration.json"
    beside.parent.mkdir()
    path.replace(beside)
    assert failed_validity(config, [], registration) == {}
    assert failed_validity(config, [beside.with_name("smollm2-135m.study.json")], registration) == failed
    path = beside
    report["validity"]["failure"] = report["validity"].pop("failures")
    path.write_text(json.dumps(report), encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"smollm2-135m\.calibration\.json: key validity.failures"):
        failed_validity(config, [beside.with_name("smollm2-135m.study.json")], registration)
