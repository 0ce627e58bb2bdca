import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from marker_coupling.analysis.models.separation import is_separated


@settings(max_examples=60)
@given(st.integers(0, 100_000), st.integers(6, 40), st.integers(1, 3))
def test_separated_is_where_the_likelihood_rises_without_end(seed, n, columns):
    """Newton's steps go on as long as the iterations, and the coefficients with them; else they stop."""
    generator = np.random.default_rng(seed)
    design = np.column_stack([np.ones(n), generator.integers(-2, 3, size=(n, columns)) + 0.0])
    if np.linalg.matrix_rank(design) <= columns:
        return
    hit = generator.random(n) < 1 / (1 + np.exp(-2 * design[:, 1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is separated
        short, long = (
            np.abs(
                sm.GLM(hit.astype(float), design, sm.families.Binomial())
                .fit(maxiter=steps, tol=0, tol_criterion="params")
                .params
            ).max()
            for steps in (12, 20)
        )
    assert is_separated(design, hit, ~hit) == (long > short + 1)


def test_trials_of_one_row_may_be_both():
    design = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    some, none, every = np.array([True] * 4), np.array([False, False, True, True]), np.array([True] * 4)
    assert not is_separated(design, some, every)
    assert is_separated(design, none, every)  # no success without the predictor
    assert is_separated(design, some, ~none)  # no failure with it


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_unit_of_a_predictor_does_not_matter(scale):
    x = np.arange(-3.0, 4.0)
    design = np.column_stack([np.ones(7), scale * x])
    assert is_separated(design, x > 0, x <= 0)
    assert is_separated(design, x >= 0, x <= 0)  # but for one row
    assert not is_separated(design, np.abs(x) > 1, np.abs(x) <= 1)
