"""Holm's adjustment against R and statsmodels, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics import adjust_holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        # R: p.adjust(c(.01, .02, .03, .04, .05), "holm")
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        # R: p.adjust(c(.04, .001, .8, .03), "holm")
        ([0.04, 0.001, 0.8, 0.03], [0.09, 0.004, 0.8, 0.09]),
        # R: p.adjust(c(.5, .5, .9), "holm")
        ([0.5, 0.5, 0.9], [1.0, 1.0, 1.0]),
        ([0.04], [0.04]),
        ([], []),
        ([0, 0.0, 1], [0, 0, 1]),
    ],
)
def test_as_r_adjusts(p, adjusted):
    assert adjust_holm(p) == pytest.approx(adjusted, abs=1e-15)


@given(P_VALUES)
def test_as_statsmodels_adjusts(p):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    np.testing.assert_allclose(adjust_holm(p), multitest.multipletests(p, method="holm")[1], rtol=1e-12)


@given(P_VALUES, st.randoms())
def test_order_is_kept_and_does_not_matter(p, random):
    adjusted = adjust_holm(p)
    assert all(raw <= after <= 1 for raw, after in zip(p, adjusted, strict=True))
    order = random.sample(range(len(p)), len(p))
    assert adjust_holm([p[index] for index in order]) == [adjusted[index] for index in order]
    pairs = sorted(zip(p, adjusted, strict=True))
    assert [after for _, after in pairs] == sorted(adjusted)


@given(P_VALUES, st.floats(0, 1))
def test_no_adjusted_p_falls_when_the_family_grows(p, another):
    larger = adjust_holm([*p, another])
    # The products round, hence the slack.
    assert all(after >= before * (1 - 1e-12) for before, after in zip(adjust_holm(p), larger, strict=False))


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="expected numbers from 0 to 1"):
        adjust_holm([0.1, p])


def test_the_family_s_errors_stay_at_the_level():
    """Under no effect any false rejection comes in 5% of families; the raw ones give 19%."""
    families = np.random.default_rng(0).random((4000, 4))
    rejected = np.mean([min(adjust_holm(list(p))) < 0.05 for p in families])
    assert abs(rejected - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 4000)
    assert np.mean(families.min(axis=1) < 0.05) > 0.15
