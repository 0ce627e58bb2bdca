"""A description of the sample: it holds or does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import (
    CorrelationEstimate,
    Description,
    Verdict,
)
from pytest_claims.statistics import (
    described,
    pearson,
)

from ..study_table import JS, RATE

S, R = Verdict.SUPPORTED, Verdict.REFUTED


def test_description_infers_nothing():
    estimate = pearson(JS, RATE)
    assert Description("r > 0").decide(described(estimate, holds=True)).verdict is S
    assert Description("r < 0").decide(described(estimate, holds=False)).verdict is R
    assert "describes this sample" in str(Description("r > 0"))


@given(st.booleans(), st.floats(-1, 1), st.none() | st.floats(0, 1))
def test_the_verdict_is_the_statement_s_truth_whatever_the_numbers(holds, r, p):
    estimate = described(CorrelationEstimate("r", r, 10, p_value=p), holds=holds)
    assert Description("r > 0").decide(estimate).verdict is (S if holds else R)
