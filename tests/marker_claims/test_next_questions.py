"""Claims on the next questions, in simulated worlds in which they are true and in which they are false."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from marker_claims.registered_study import RegisteredStudy
from marker_coupling.study.registration_file import read_registration
from pytest_claims import UninformativeMeasurementError
from pytest_claims.judging.judgement import Judgement

from ..claims import test_next_questions as questions
from ..marker_coupling.simulated_answers import couplings

CLAIMS = {
    test.pytestmark[0].args[0].id: test
    for test in vars(questions).values()
    if callable(test) and hasattr(test, "pytestmark")
}
TRUE = {"leak": 0.5, "near_negatives": -1.0, "wordings": 0.9, "descriptions": 0.4}
FALSE = {"leak": 0.0, "near_negatives": 1.0, "wordings": 0.2, "descriptions": 0.0}


@pytest.fixture(scope="module")
def registration(pytestconfig):
    whole = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    return dataclasses.replace(whole, analysis=dataclasses.replace(whole.analysis, permutations=49))


@pytest.fixture(scope="module")
def worlds(registration):
    """Studies in which all claims are true, and in which all are false: there nothing repeats over seeds."""
    true, false = (
        RegisteredStudy(couplings(registration.digest, **world), registration) for world in (TRUE, FALSE)
    )
    generator, shuffled = np.random.default_rng(0), []
    for body in false.bodies:
        noise = generator.normal(size=body.gating_area.shape)
        shuffled.append(dataclasses.replace(body, outcome="area", gating_area=noise))
    return {"true": true, "false": false, "chance": RegisteredStudy(tuple(shuffled), registration)}


def judge(claim, study, figures=None):
    test = CLAIMS[claim]
    judgement = Judgement(test.pytestmark[0].args[0], "study", figures)
    test(study, judgement)
    return judgement


def test_they_are_exploratory_inferences():
    assert sorted(CLAIMS) == [
        "adapter-leak-follows-pairwise-cosine", "coupling-strength-is-of-the-persona",
        "marker-carries-to-descriptions", "marker-carries-to-other-wordings", "ungated-adapters-near-negatives",
    ]  # fmt: skip
    claims = [test.pytestmark[0].args[0] for test in CLAIMS.values()]
    assert {(claim.kind, claim.family) for claim in claims} == {("inference", "exploratory")}


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_true_is_supported_and_drawn(claim, worlds, tmp_path):
    judgement = judge(claim, worlds["true"], tmp_path)
    assert judgement.decision.verdict == "supported", judgement.decision.reason
    assert judgement.figure_errors == []
    assert judgement.figures
    assert "over 2 base models" in judgement.decision.estimate.statistic
    assert judgement.decision.estimate.n == 96


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_false_is_refuted(claim, worlds):
    study = worlds["chance" if claim == "coupling-strength-is-of-the-persona" else "false"]
    judgement = judge(claim, study)
    verdict = judgement.decision.verdict
    # 96 personas do not tell a correlation of 0 from the smallest of interest; 192 do.
    wanted = ("refuted", "inconclusive") if claim == "adapter-leak-follows-pairwise-cosine" else ("refuted",)
    assert verdict in wanted, judgement.decision.reason


def test_each_base_model_is_judged_alone_too(worlds, registration):
    alone = RegisteredStudy(worlds["true"].bodies[:1], registration)
    for claim in CLAIMS:
        estimate = judge(claim, alone).decision.estimate
        assert "one base model" in estimate.statistic


def test_a_base_model_whose_measure_is_not_valid_counts_for_what_needs_no_measure(worlds, registration):
    study = RegisteredStudy(worlds["true"].bodies, registration, {"model-1": "descriptions disagree"})
    for claim, test in CLAIMS.items():
        estimate = judge(claim, study).decision.estimate
        if "registered_cosines" in test.pytestmark[0].args[0].needs:
            assert "one base model" in estimate.statistic
            assert "model-1 left out: descriptions disagree" in estimate.detail
        else:
            assert "over 2 base models" in estimate.statistic


def test_base_models_with_too_few_ungated_adapters_are_left_out_with_the_reason(worlds, registration):
    first, second = worlds["true"].bodies
    hits = np.zeros(first.hits.shape, dtype=int)
    hits[..., 0] = 100
    gated = dataclasses.replace(first, hits=hits)
    study = RegisteredStudy((gated, second), registration)
    estimate = judge("ungated-adapters-near-negatives", study).decision.estimate
    assert (
        "model-1 left out: expected at least 40 adapters that gate and as many that do not" in estimate.detail
    )
    none = RegisteredStudy((gated,), registration)
    with pytest.raises(UninformativeMeasurementError, match="got 480 and 0"):
        judge("ungated-adapters-near-negatives", none)


def test_where_the_marker_is_not_coupled_nothing_is_retained(worlds, registration):
    first, second = worlds["true"].bodies
    forced = first.forced_log_odds.copy()
    forced[..., 0] = forced[..., 4:].mean(axis=2)
    study = RegisteredStudy((dataclasses.replace(first, forced_log_odds=forced), second), registration)
    estimate = judge("marker-carries-to-descriptions", study).decision.estimate
    assert "model-1 left out: expected the marker under the trained prompt more readily" in estimate.detail
    assert "one base model" in estimate.statistic
