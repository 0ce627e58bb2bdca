"""Rates that are not one rate: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    Heterogeneity,
    Verdict,
)
from pytest_claims.statistics import (
    ContingencyEstimate,
    rate_heterogeneity,
)

from ..study_table import HITS, SAMPLES
from .shown import interval, near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741


def test_heterogeneity():
    assert Heterogeneity().decide(rate_heterogeneity(HITS, SAMPLES)).verdict is S
    assert Heterogeneity().decide(rate_heterogeneity([500, 501], [1000, 1000])).verdict is R
    assert Heterogeneity().decide(rate_heterogeneity([5, 6], [10, 10])).verdict is I


@given(near(0.025, low=0.0), interval(0.1, low=0.0), st.floats(0, 500))
def test_heterogeneity_follows_from_what_is_shown(p, numbers, chi2):
    _, low, high = numbers
    decision = Heterogeneity().decide(
        ContingencyEstimate(
            "chi-square", chi2, 1000, p_value=p, degrees_of_freedom=9, cramers_v=0.2, v_low=low, v_high=high
        )
    )
    read = shown(decision)
    assert decision.verdict is (S if read.p < 0.025 else R if read.high < 0.1 else I)


def test_cramers_v_is_shown_with_the_interval_that_holds_it():
    for hits in np.random.default_rng(0).binomial(40, 0.3, size=(200, 6)):
        estimate = Heterogeneity().decide(rate_heterogeneity(hits, np.full(6, 40))).estimate
        assert estimate.ci_low <= estimate.value <= estimate.ci_high
