"""The fixture ``verdict``: one decision a test, and figures that cost the verdict nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from matplotlib.figure import Figure

from pytest_claims import AtLeast, BrokenMeasurementError, Estimate, Verdict
from pytest_claims.core.claim import Claim
from pytest_claims.core.errors import UninformativeMeasurementError
from pytest_claims.judging.judgement import Judgement

ESTIMATE = Estimate("rate", 0.5, 10, ci_low=0.4, ci_high=0.6)


@dataclass(frozen=True)
class Mute:
    def decide(self, estimate):
        return f"of {estimate.value}"


def judgement(rule=AtLeast(0.2), figures=None, parameters=""):  # noqa: B008 - a frozen value
    return Judgement(Claim("rain-sells", "Rain sells.", rule), "station", figures, parameters)


def drawing():
    return Figure(figsize=(0.1, 0.1))


def test_the_rule_decides_and_the_decision_is_kept():
    verdict = judgement()
    decided = verdict.decide(ESTIMATE)
    assert decided.verdict is Verdict.SUPPORTED
    assert verdict.final_decision() is decided


def test_a_second_decision_is_refused_and_the_first_stands():
    verdict = judgement()
    first = verdict.decide(ESTIMATE)
    with pytest.raises(RuntimeError, match="claim rain-sells was decided twice"):
        verdict.decide(Estimate("rate", 0.1, 10, ci_low=0.0, ci_high=0.1))
    assert verdict.final_decision() is first


def test_a_test_without_a_decision_has_none():
    with pytest.raises(BrokenMeasurementError, match=r"the test ended without verdict\.decide"):
        judgement().final_decision()
    verdict = judgement()
    with pytest.raises(UninformativeMeasurementError, match="too noisy"):
        verdict.uninformative("too noisy")
    assert verdict.decision is None


def test_an_answer_that_is_no_decision_is_refused_and_not_kept():
    verdict = judgement(Mute())
    with pytest.raises(TypeError, match=r"expected a Decision of its rule Mute, got 'of 0\.5'"):
        verdict.decide(ESTIMATE)
    assert verdict.decision is None


def test_parameters_make_a_variant():
    assert (judgement().variant, judgement(parameters="a-3").variant) == ("rain-sells", "rain-sells[a-3]")


def test_a_figure_that_cannot_be_drawn_is_named_and_costs_no_other(tmp_path):
    verdict = judgement(figures=tmp_path)
    verdict.figure(drawing, name="first")
    verdict.figure(lambda: 1 / 0, name="second")
    verdict.figure(drawing, name="first")
    verdict.figure("no figure", name="third")
    verdict.figure(drawing(), name="fourth")
    stems = [f"figures/rain-sells--station--{name}" for name in ("first", "fourth")]
    assert verdict.figures == [f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")]
    assert all((tmp_path / path).is_file() for path in verdict.figures)
    assert [error.partition(": ")[0] for error in verdict.figure_errors] == [
        f"figure rain-sells--station--{name}" for name in ("second", "first", "third")
    ]
    assert "two figures of this claim are named 'first'" in verdict.figure_errors[1]


def test_where_no_figures_are_wanted_none_is_drawn():
    verdict = judgement()
    verdict.figure(lambda: 1 / 0)
    assert (verdict.figures, verdict.figure_errors) == ([], [])
