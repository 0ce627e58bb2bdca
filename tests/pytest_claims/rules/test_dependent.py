"""The stronger of two predictors: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    DependentCorrelations,
    Verdict,
)
from pytest_claims.statistics import (
    DependentComparison,
    compare_dependent,
)

from ...property_examples import examples
from ..study_table import COSINE, JS, RATE
from .shown import near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)


def test_dependent_correlations():
    rule = DependentCorrelations("first", "second")
    x = np.linspace(-1, 1, 20)
    weak = np.where(np.arange(20) % 2, 1.0, -1.0)
    y = x + 0.05 * weak
    assert rule.decide(compare_dependent(x, weak, y)).verdict is S
    assert rule.decide(compare_dependent(weak, x, y)).verdict is R
    assert rule.decide(compare_dependent(COSINE, JS, RATE)).verdict is I


@given(near(0.0), near(0.05, low=0.0))
def test_dependent_correlations_follows_from_what_is_shown(value, p):
    decision = DependentCorrelations("first", "second").decide(
        DependentComparison(
            "difference", value, 10, p_value=p, t=1.0, r_first=0.5, r_second=0.4, r_between=0.1
        )
    )
    read = shown(decision)
    expected = I if read.p >= 0.05 or read.value == 0 else S if read.value > 0 else R
    assert decision.verdict is expected


@PROPERTY
@given(SEEDS)
def test_which_predictor_is_named_first_turns_the_verdict(seed):
    x, noise, other = np.random.default_rng(seed).normal(size=(3, 20))
    y = noise - np.random.default_rng(seed + 1).uniform(0, 2) * x
    opposite = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED}
    rule = DependentCorrelations("first", "second")
    verdict = rule.decide(compare_dependent(x, other, y)).verdict
    assert rule.decide(compare_dependent(other, x, y)).verdict is opposite.get(verdict, verdict)
