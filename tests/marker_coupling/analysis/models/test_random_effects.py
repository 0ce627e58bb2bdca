import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.models.random_effects import random_effects

from ..reference import R


def test_agrees_with_metafor_on_the_bcg_trials():
    bcg = R["bcg"]
    found = random_effects(bcg["effects"], bcg["variances"])
    assert found.between_variance == pytest.approx(bcg["tau2"], abs=2e-7)
    assert found.estimate == pytest.approx(bcg["estimate"], abs=1e-7)
    assert found.standard_error == pytest.approx(bcg["standard_error"], abs=1e-7)
    assert (found.low, found.high) == pytest.approx((bcg["low"], bcg["high"]), abs=1e-6)
    assert found.i2 * 100 == pytest.approx(bcg["i2"], abs=1e-4)
    assert found.q == pytest.approx(bcg["q"], rel=1e-9)
    assert (found.prediction_low, found.prediction_high) == pytest.approx(
        (bcg["prediction_low"], bcg["prediction_high"]), abs=1e-5
    )


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.floats(-3, 3))
def test_shift_sign_and_nesting(effects, shift):
    variances = np.linspace(0.01, 0.05, len(effects))
    found = random_effects(effects, variances)
    moved = random_effects(-np.array(effects) + shift, variances)
    assert moved.estimate == pytest.approx(shift - found.estimate, abs=1e-4)
    assert found.prediction_low <= found.low <= found.estimate <= found.high <= found.prediction_high
    assert 0 <= found.i2 < 1


def test_effects_that_do_not_differ_have_no_between_variance():
    found = random_effects([0.3, 0.3, 0.3], [0.01, 0.01, 0.01])
    assert (found.between_variance, found.i2, found.q) == pytest.approx((0, 0, 0))
    with pytest.raises(AnalysisError, match="at least two"):
        random_effects([0.1], [0.1])
