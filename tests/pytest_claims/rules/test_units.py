"""An outlier, and units at one end apart from the rest: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError, Outlier, Separation, Verdict
from pytest_claims.statistics import OutlierEstimate, SeparationEstimate, outlier, rank_separation

from ...property_examples import examples
from ..study_table import COSINE, JS, PERSONAS, RATE
from .shown import near, shown

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE  # noqa: E741
PROPERTY = examples(30)
SEEDS = st.integers(0, 100_000)


def test_outlier():
    found = outlier(PERSONAS, JS, RATE)
    assert Outlier("librarian").decide(found).verdict is S
    assert Outlier("villain").decide(found).verdict is R
    assert Outlier("librarian").decide(outlier(PERSONAS, COSINE, RATE)).verdict is I
    with pytest.raises(BrokenMeasurementError, match="expected nobody among police_officer"):
        Outlier("nobody").decide(found)


@given(near(0.025, low=0.0), st.sampled_from(["a", "b"]), st.booleans())
def test_outlier_follows_from_what_is_shown(p, label, tied):
    farthest = ("a", "b") if tied else (label,)
    found = OutlierEstimate(
        f"residual of {label}", 3.2, 9, p_value=p, detail=f"{' and '.join(farthest)} lie farthest",
        label=label, farthest=farthest, labels=("a", "b", "c"), residuals=(3.2, 1.0, -1.0),
    )  # fmt: skip
    decision = Outlier("a").decide(found)
    read = shown(decision)
    alone = "a and b" not in decision.reason
    expected = I if read.p >= 0.025 or not alone else S if read.statistic == "residual of a" else R
    assert decision.verdict is expected


@PROPERTY
@given(SEEDS)
def test_at_most_one_unit_is_the_outlier(seed):
    x, y = np.random.default_rng(seed).standard_t(2, size=(2, 8))
    found = outlier("abcdefgh", x, y)
    verdicts = [Outlier(label).decide(found).verdict for label in "abcdefgh"]
    assert verdicts.count(Verdict.SUPPORTED) in (0, 1)
    assert verdicts.count(Verdict.REFUTED) == 7 * verdicts.count(Verdict.SUPPORTED)


def test_separation():
    rule = Separation()
    assert rule.decide(rank_separation(COSINE, RATE, k=5, which="highest", sign="negative")).verdict is S
    assert rule.decide(rank_separation(COSINE, RATE, k=4, which="lowest", sign="negative")).verdict is R
    assert rule.decide(rank_separation(COSINE, RATE, k=3, which="highest", sign="negative")).verdict is I


@given(near(0.025, low=0.0), near(0.025, low=0.0), st.integers(0, 5))
def test_separation_follows_from_what_is_shown(p, opposite, found):
    estimate = SeparationEstimate(
        "share (one-sided exact p of so many or more)", found / 5, 10, p_value=p, p_opposite=opposite
    )
    decision = Separation().decide(estimate)
    read = shown(decision)
    if "of so few or fewer" in read.statistic:
        expected = R if read.p <= 0.025 else I
    else:
        expected = S if read.value == 1 and read.p <= 0.025 else I
    assert decision.verdict is expected


def test_ties_at_the_edge_of_a_group_refute_nothing():
    """Ten units tie for the four places left; which of them are counted is chance, not evidence."""
    score = np.array([-1.0] + [-1] * 5 + [1] * 5 + [1] * 3)
    rate = np.array([9.0] + [5] * 10 + [0] * 3)
    found = rank_separation(score, rate, k=5, which="highest", sign="negative")
    assert found.value == pytest.approx(1 / 5)
    assert Separation().decide(found).verdict is Verdict.INCONCLUSIVE
