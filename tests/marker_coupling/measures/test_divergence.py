import math

import numpy as np
import pytest
import scipy.spatial.distance
import torch
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.measures.divergence import divergence_from, pairwise_divergence

SEEDS = st.integers(0, 10_000)


def logs(seed, personas=4, tokens=3, vocabulary=11, sharpness=3.0):
    torch.manual_seed(seed)
    return torch.log_softmax(sharpness * torch.randn(personas, tokens, vocabulary), dim=-1)


@given(SEEDS, st.integers(2, 5), st.integers(1, 5), st.floats(0.1, 30))
def test_it_is_scipy_s_averaged_over_tokens(seed, personas, tokens, sharpness):
    log_probabilities = logs(seed, personas, tokens, sharpness=sharpness)
    p = log_probabilities.double().exp().numpy()
    found = pairwise_divergence(log_probabilities)
    for i in range(personas):
        for j in range(personas):
            expected = np.mean(scipy.spatial.distance.jensenshannon(p[i], p[j], axis=-1) ** 2)
            assert found[i, j] == pytest.approx(np.nan_to_num(expected), abs=2e-6)


@given(SEEDS, st.permutations(range(4)))
def test_symmetry_bounds_and_order(seed, order):
    log_probabilities = logs(seed)
    found = pairwise_divergence(log_probabilities)
    assert (found == found.T).all()
    assert (np.diag(found) == 0).all()
    assert ((found >= 0) & (found <= math.log(2))).all()
    assert pairwise_divergence(log_probabilities[list(order)]) == pytest.approx(
        found[np.ix_(order, order)], abs=1e-6
    )


def test_closed_forms():
    apart = torch.tensor([[[0.0, -math.inf]], [[-math.inf, 0.0]]])
    assert pairwise_divergence(apart)[0, 1] == pytest.approx(math.log(2))
    half = torch.tensor([[[0.0, -math.inf]], [[math.log(0.5), math.log(0.5)]]])
    expected = 0.75 * math.log(4 / 3) + 0.25 * math.log(4) - 0.5 * math.log(2)
    assert pairwise_divergence(half)[0, 1] == pytest.approx(expected, abs=1e-6)


def test_what_is_no_distribution_is_refused():
    with pytest.raises(ValueError, match="at least one token"):
        pairwise_divergence(torch.zeros(2, 0, 5))
    with pytest.raises(ValueError, match="no NaN"):
        pairwise_divergence(torch.full((2, 1, 5), math.nan))


@given(SEEDS, st.integers(1, 5), st.integers(1, 5), st.floats(0.1, 30))
def test_from_a_reference_it_is_that_of_the_pairs(seed, personas, tokens, sharpness):
    log_probabilities = logs(seed, personas + 1, tokens, sharpness=sharpness)
    found = divergence_from(log_probabilities[0], log_probabilities[1:])
    assert found == pytest.approx(pairwise_divergence(log_probabilities)[0, 1:], abs=1e-6)
