"""The committed calibration is that of the committed registration, and says what its own figures say."""

import json

import pytest

from marker_coupling.analysis.models.intraclass import spearman_brown
from marker_coupling.analysis.validity.validity_check import ValidityBounds
from marker_coupling.study.registration_file import read_registration


@pytest.fixture(scope="module")
def registration(pytestconfig):
    return read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")


@pytest.fixture(scope="module")
def reports(pytestconfig):
    folder = pytestconfig.rootpath / "reports" / "reference" / "adjudication" / "calibration"
    files = sorted(folder.glob("*.calibration.json"))
    return {
        report["base_model"]: report for report in (json.loads(file.read_text("utf-8")) for file in files)
    }


def test_every_registered_base_model_was_calibrated_under_this_registration(registration, reports):
    assert set(reports) == set(registration.analysis.base_models)
    assert {report["registration"] for report in reports.values()} == {registration.digest}


def test_the_choice_is_the_most_reliable_outcome_of_a_setting_that_gates(registration, reports):
    rule = registration.calibration
    for report in reports.values():
        candidates = {
            (setting["learning_rate"], setting["epochs"], outcome): reliability["single"]
            for setting in report["settings"]
            if setting["gating"] >= rule.smallest_gating
            for outcome, reliability in setting["reliability"].items()
            if reliability is not None
        }
        chosen = report["chosen"]
        best = max(candidates, key=candidates.__getitem__)
        assert best == (chosen["learning_rate"], chosen["epochs"], chosen["outcome"])
        mean = spearman_brown(candidates[best], len(registration.seeds))
        assert chosen["predicted_reliability_of_the_mean"] == pytest.approx(mean)
        assert (mean >= rule.least_reliability) == (chosen["problem"] == "")


def test_a_measure_without_failures_reaches_the_bounds(reports):
    bounds = ValidityBounds()
    for report in reports.values():
        validity = report["validity"]
        agreement = validity["agreement"]
        reaches = (
            agreement["value"] >= bounds.agreement
            and agreement["value"] > agreement["chance"]
            and agreement["partial_low"] > 0
            and validity["retrieval"]["p_permutation"] <= bounds.retrieval_p
            and validity["reliability"]["mean"] >= bounds.reliability
        )
        assert reaches == (validity["failures"] == [])
