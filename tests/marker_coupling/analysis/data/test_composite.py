import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.composite import composite, upper_half


@pytest.mark.parametrize(("blocks", "first"), [(30, 16), (24, 13), (28, 15), (7, 4), (1, 1)])
def test_the_upper_half_lies_behind_the_middle(blocks, first):
    layers = range(blocks + 1)
    assert [layers[place] for place in upper_half(layers, blocks)] == list(range(first, blocks + 1))


def test_layers_that_are_lacking_or_none_are_refused():
    with pytest.raises(AnalysisError, match="all 2 above 2"):
        upper_half([0, 1, 2, 3], 4)
    with pytest.raises(AnalysisError, match="different numbers from 0 to 4"):
        upper_half([1, 5], 4)
    with pytest.raises(AnalysisError, match="differ between personas"):
        composite(np.ones((2, 5)))


@given(st.integers(0, 1000), st.floats(0.01, 10), st.floats(-5, 5))
def test_every_layer_counts_alike_whatever_its_scale(seed, scale, shift):
    cosines = np.random.default_rng(seed).normal(size=(3, 2, 4, 10))
    moved = cosines.copy()
    moved[1] = scale * moved[1] + shift
    assert composite(moved) == pytest.approx(composite(cosines), abs=1e-6)
    # The composite of averages is the average of composites.
    averaged = composite(cosines.mean(axis=(1, 2)))
    assert composite(cosines).mean(axis=(0, 1)) == pytest.approx(averaged, abs=1e-9)
    one = composite(cosines[:1]).mean(axis=(0, 1))
    assert (one.mean(), one.std()) == pytest.approx((0, 1), abs=1e-9)
