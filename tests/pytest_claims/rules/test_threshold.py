"""A lower bound on a number: each verdict, and what is shown of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    AtLeast,
    Estimate,
    Verdict,
)

from .shown import interval, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.8, 0.9, S), (0.5, 0.79, R), (0.7, 0.9, I)])
def test_at_least(low, high, verdict):
    assert (
        AtLeast(0.8).decide(Estimate("reliability", (low + high) / 2, 10, ci_low=low, ci_high=high)).verdict
        is verdict
    )


@given(interval(0.15), st.sampled_from([0.15, 1 / 3]))
def test_at_least_follows_from_what_is_shown(numbers, bound):
    decision = AtLeast(bound).decide(Estimate("rate", numbers[0], 10, ci_low=numbers[1], ci_high=numbers[2]))
    read = shown(decision)
    assert decision.verdict is (S if read.low >= bound else R if read.high < bound else I)
