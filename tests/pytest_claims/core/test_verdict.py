"""Decisions: a verdict of the three, an estimate, and no more than a rule may say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pytest_claims import Decision, Estimate, Verdict


def test_a_decision_holds_what_it_says():
    estimate = Estimate("r", 0.5, 10)
    assert Decision("supported", estimate, "so").verdict is Verdict.SUPPORTED
    with pytest.raises(ValueError, match="maybe"):
        Decision("maybe", estimate, "so")
    with pytest.raises(TypeError, match=r"expected an Estimate, got 0\.5"):
        Decision(Verdict.SUPPORTED, 0.5, "so")


@pytest.mark.parametrize("needed", [-1, 10.5, float("nan"), float("inf"), "ten", True, 10**16])
def test_a_number_of_units_that_nobody_could_have_is_refused(needed):
    expected = f"needed_n: expected a whole number from 0, got {needed!r}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        Decision(Verdict.REFUTED, Estimate("r", 0.5, 10), "so", needed_n=needed)


@pytest.mark.parametrize("needed", [None, 0, 10**15, np.int64(24)])
def test_a_number_of_units_or_none_is_taken(needed):
    assert Decision(Verdict.REFUTED, Estimate("r", 0.5, 10), "so", needed_n=needed).needed_n == needed
