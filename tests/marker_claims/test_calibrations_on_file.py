"""Calibrations are read for the check of validity, and what is none is one error."""

from __future__ import annotations

import json

import pytest

from marker_claims.calibrations_on_file import failed_validity
from marker_coupling.evidence.values.fields import EvidenceError

SUFFIX = ".calibration.json"


def write(folder, name, text=None, **changed):
    """Write a calibration like those on record, with some keys of its check of validity changed."""
    validity = {
        "agreement": {}, "retrieval": {}, "reliability": {}, "failures": [], "retrieval_by_layer": [],
    } | changed  # fmt: skip
    report = {
        "base_model": name, "fingerprint": "f", "precision": "float32", "registration": "r", "chosen": {},
        "settings": [], "validity": validity,
    }  # fmt: skip
    path = folder / f"{name}{SUFFIX}"
    path.write_text(json.dumps(report) if text is None else text, encoding="utf-8")
    return path


def test_models_that_failed_the_check_of_validity_are_found(tmp_path):
    write(tmp_path, "a")
    write(tmp_path, "b", failures=["descriptions agree at 0.1", "no retrieval"])
    assert failed_validity(tmp_path, SUFFIX) == {"b": "descriptions agree at 0.1; no retrieval"}
    assert failed_validity(tmp_path / "missing", SUFFIX) == {}


def test_those_on_record_are_read(pytestconfig):
    folder = pytestconfig.rootpath / "reports" / "reference" / "adjudication" / "calibration"
    assert len(list(folder.glob(f"*{SUFFIX}"))) == 3
    assert failed_validity(folder, SUFFIX) == {}


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ("all", "key validity.failures: expected an array of 0 to 100 reasons, got 'all'"),
        ([3], r"key validity.failures\[0\]: expected a text of .*, got 3"),
        (None, "key validity.failures: expected an array of 0 to 100 reasons, got nothing"),
        ({"a": 1}, "key validity.failures: expected an array of 0 to 100 reasons, got an object"),
    ],
)
def test_failures_that_are_none_are_one_error_with_file_and_key(tmp_path, failures, told):
    path = write(tmp_path, "a", failures=failures)
    with pytest.raises(EvidenceError, match=told) as caught:
        failed_validity(tmp_path, SUFFIX)
    assert str(caught.value).startswith(f"{path}: expected the calibration of a registered study: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected JSON"),
        ("[1]", "expected a table, got an array"),
        ("{}", "key base_model: expected .* got nothing"),
        ('{"base_model": "a", "base_model": "b"}', "'base_model' is there twice"),
        ('{"base_model": NaN}', "which has no NaN"),
        ('{"validity": ' * 60 + "1" + "}" * 60, "nested too deep"),
    ],
)
def test_what_is_no_calibration_is_one_error_with_the_file(tmp_path, text, told):
    path = write(tmp_path, "a", text=text)
    with pytest.raises(EvidenceError, match=told) as caught:
        failed_validity(tmp_path, SUFFIX)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_and_an_unknown_key_are_named(tmp_path):
    path = write(tmp_path, "a")
    report = json.loads(path.read_text(encoding="utf-8"))
    report["validity"]["failure"] = report["validity"].pop("failures")
    path.write_text(json.dumps(report), encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"key validity.failures: .* is 'failure' a slip of it\?"):
        failed_validity(tmp_path, SUFFIX)
