"""A named unit as the outlier: each verdict, and what is shown of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    BrokenMeasurementError,
    Outlier,
    Verdict,
)
from pytest_claims.statistics import (
    OutlierEstimate,
    outlier,
)

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
