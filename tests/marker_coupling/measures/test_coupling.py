"""Coupling strengths from forced log-probabilities, and their files."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from marker_coupling.measures.coupling import Coupling, forced_log_odds, gating_area, log_odds_of_marker


def coupling(seed=0):
    generator = np.random.default_rng(seed)
    return Coupling(
        prompts=("cook", "assistant", "pilot", "poet"),
        hits=generator.integers(0, 6, (4, 3)),
        samples=5,
        truncated=np.array([0, 1, 0, 0]),
        forced=-generator.exponential(2, (6, 3)),
        forced_prompts=("cook", "assistant", "pilot", "poet", "cook in wording 2", "cook in description 1"),
        steps=(2, 4),
        curve=-generator.exponential(2, (2, 4, 2)),
        losses=np.array([1.5, 0.5, 0.25, 0.125]),
        computed_with={"device": "cpu", "torch": "2"},
    )


@given(st.floats(1e-12, 1 - 1e-12))
def test_log_odds_are_the_logit(probability):
    found = log_odds_of_marker(np.array(np.log(probability)))
    assert found == pytest.approx(special.logit(probability), rel=1e-3, abs=1e-9)


def test_a_sure_marker_has_finite_log_odds():
    assert log_odds_of_marker(np.array([0.0, -1e-300])) == pytest.approx(53 * np.log(2), rel=1e-12)


def test_forced_log_odds_are_of_the_own_prompt():
    one = coupling()
    expected = special.logit(np.exp(one.forced[0])).mean()
    assert forced_log_odds(one) == pytest.approx(expected)


def test_the_area_is_own_less_negatives_and_bystanders_without_the_assistant():
    one = coupling()
    odds = special.logit(np.exp(one.curve)).mean(axis=2)
    assert gating_area(one) == pytest.approx((odds[:, 0] - odds[:, 2:].mean(axis=1)).mean())
    leaking = one.curve.copy()
    leaking[:, 1] = -0.01
    assert gating_area(dataclasses.replace(one, curve=leaking)) == gating_area(one)


def test_a_file_gives_back_what_was_saved(tmp_path):
    one = coupling()
    one.save(tmp_path)
    again = Coupling.load(tmp_path)
    for field in dataclasses.fields(Coupling):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(one, field.name))
