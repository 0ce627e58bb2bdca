"""Setting and outcome are those that repeat over seeds, among settings that gate."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from marker_coupling.analysis.models.intraclass import intraclass_correlation, spearman_brown
from marker_coupling.measures.coupling import Coupling
from marker_coupling.pipeline.plan.outcome_calibration import (
    by_persona_and_seed,
    choose_outcome,
    outcome_scores,
    setting_reliability,
)
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.registration import OutcomeCalibration

RULE = OutcomeCalibration((1, 2, 3), (1e-3, 2e-3), (3,), ("area", "forced", "source"), 0.1, 0.7)
PROMPTS = ("own", "assistant", "first", "second", "bystander")


def couplings(personas=24, own=0.7, other=0.2, noise=0.5, seed=0):
    """Couplings whose strength on the logit scale is a persona's and a seed's share of it."""
    generator = np.random.default_rng(seed)
    found = {}
    strength = generator.normal(special.logit(own), 1, personas)
    for s in RULE.seeds:
        for p in range(personas):
            own_odds = strength[p] + noise * generator.normal()
            odds = np.array([own_odds, *[special.logit(other)] * 4])[:, None] + np.zeros(3)
            found[AdapterTask(f"p{p}", ("first", "second"), "none", s)] = Coupling(
                prompts=(f"p{p}", *PROMPTS[1:]),
                hits=generator.binomial(20, special.expit(odds)),
                samples=20,
                truncated=np.zeros(5, int),
                forced=special.log_expit(odds),
                forced_prompts=PROMPTS,
                steps=(1, 2),
                curve=special.log_expit(np.stack([odds * 0, odds])),
                losses=np.ones(2),
                computed_with={},
            )
    return found


def test_scores_are_by_persona_and_seed():
    of_task = couplings(personas=4)
    sources, cells = by_persona_and_seed(of_task, RULE.seeds)
    assert sources == ("p0", "p1", "p2", "p3")
    forced = outcome_scores(cells, "forced")
    assert forced.shape == (4, 3)
    task = AdapterTask("p2", ("first", "second"), "none", 3)
    assert forced[2, 2] == pytest.approx(special.logit(np.exp(of_task[task].forced[0])).mean())
    hits = of_task[task].hits[0].sum()
    assert outcome_scores(cells, "source")[2, 2] == pytest.approx(np.log((hits + 0.5) / (60 - hits + 0.5)))


def test_reliability_is_the_intraclass_correlation_of_the_scores():
    of_task = couplings()
    setting = setting_reliability(1e-3, 3, of_task, RULE)
    cells = by_persona_and_seed(of_task, RULE.seeds)[1]
    for outcome in RULE.outcomes:
        assert setting.reliability[outcome] == intraclass_correlation(outcome_scores(cells, outcome))
    # Planted: 1 / (1 + .25).
    assert setting.reliability["forced"].single_low < 0.8 < setting.reliability["forced"].single_high
    assert setting.own_rate == pytest.approx(0.65, abs=0.1)
    assert setting.other_rate == pytest.approx(0.2, abs=0.05)


def test_the_most_reliable_outcome_of_a_setting_that_gates_is_chosen():
    gates = setting_reliability(1e-3, 3, couplings(noise=1.5), RULE)
    flat = setting_reliability(2e-3, 3, couplings(own=0.2, noise=0.1), RULE)
    assert flat.reliability["forced"].single > gates.reliability["forced"].single
    assert flat.gating < RULE.smallest_gating
    choice = choose_outcome([flat, gates], RULE, 5)
    assert choice.setting is gates
    best = max(RULE.outcomes, key=lambda outcome: gates.reliability[outcome].single)
    assert choice.outcome == best
    assert choice.mean_reliability == spearman_brown(gates.reliability[best].single, 5)


@pytest.mark.parametrize(("noise", "is_reliable"), [(0.3, True), (6.0, False)])
def test_too_little_reliability_is_a_problem(noise, is_reliable):
    choice = choose_outcome([setting_reliability(1e-3, 3, couplings(noise=noise), RULE)], RULE, 5)
    assert (choice.problem == "") is is_reliable
    assert is_reliable or "over 5 seeds, below 0.7" in choice.problem


def test_nothing_that_gates_is_a_problem_and_no_choice():
    choice = choose_outcome([setting_reliability(1e-3, 3, couplings(own=0.2), RULE)], RULE, 5)
    assert choice.setting is None
    assert choice.problem.startswith("no setting gates by 0.1; the clearest gates by ")


def test_an_outcome_that_does_not_vary_is_no_candidate():
    same = {
        task: replace(coupling, hits=np.full((5, 3), 20), forced=np.full((5, 3), -0.1))
        for task, coupling in couplings().items()
    }
    setting = setting_reliability(1e-3, 3, same, replace(RULE, smallest_gating=0.0))
    assert setting.reliability["source"] is None
    assert setting.reliability["forced"] is None
    assert choose_outcome([setting], replace(RULE, smallest_gating=0.0), 5).outcome == "area"


@pytest.mark.parametrize("count", [2, 5, 30])
def test_spearman_brown_is_the_correlation_of_means(count):
    """Of means over so many parallel measurements: their common variance over all of it."""
    common, noise = 0.4, 0.6
    expected = common / (common + noise / count)
    assert spearman_brown(common, count) == pytest.approx(expected)
    assert spearman_brown(-0.2, count) == 0
