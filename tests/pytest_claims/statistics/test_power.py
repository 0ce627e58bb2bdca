import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.statistics import n_for_power, power_of_correlation, row_correlations
from pytest_claims.statistics.arithmetic.coefficient import p_of_r

from ...property_examples import examples


def test_the_pwr_package():
    """pwr.r.test(r = .3, n = 50, sig.level = .05, alternative = "two.sided") prints power = 0.5715558."""
    assert power_of_correlation(0.3, 50) == pytest.approx(0.5715558, abs=5e-8)


@pytest.mark.parametrize(("n", "power"), [(10, 0.60), (15, 0.82), (20, 0.92), (30, 0.99)])
def test_the_power_of_the_headline(n, power):
    """Cohen's approximation is within 1.5 points of the study's figures."""
    assert power_of_correlation(-0.66, n) == pytest.approx(power, abs=0.015)


def test_simulated_samples_agree():
    rng, rho, n, samples = np.random.default_rng(0), 0.5, 20, 10_000
    x = rng.normal(size=(samples, n))
    y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=(samples, n))
    critical = min(r for r in np.linspace(0, 1, 10_001) if p_of_r(r, n - 2) < 0.05)
    r = np.array([row_correlations(a[None], b)[0] for a, b in zip(x, y, strict=True)])
    assert power_of_correlation(rho, n) == pytest.approx(np.mean(np.abs(r) >= critical), abs=0.015)


@examples(40)
@given(st.floats(0.02, 0.95), st.floats(0.1, 0.99), st.sampled_from([0.01, 0.05]))
def test_the_n_for_power_is_the_smallest(r, power, alpha):
    n = n_for_power(r, power, alpha)
    assert power_of_correlation(r, n, alpha) >= power
    assert n == 4 or power_of_correlation(r, n - 1, alpha) < power
    assert n_for_power(-r, power, alpha) == n


def test_power_without_an_effect_is_the_significance_level():
    assert power_of_correlation(0, 10_000) == pytest.approx(0.05, abs=1e-3)


def test_the_ends():
    assert n_for_power(0) is None
    assert n_for_power(1e-5) is None
    assert n_for_power(1) == n_for_power(-1) == 4


@pytest.mark.parametrize(
    ("r", "n", "alpha"), [(1, 10, 0.05), (0.5, 3, 0.05), (0.5, 10, 0), (math.nan, 10, 0.05)]
)
def test_what_has_no_power(r, n, alpha):
    with pytest.raises(ValueError, match="expected -1 < r < 1, n >= 4 and 0 < alpha < 1"):
        power_of_correlation(r, n, alpha)


@pytest.mark.parametrize("power", [0, 1, 80])
def test_a_power_that_is_none(power):
    with pytest.raises(ValueError, match="expected 0 < power < 1"):
        n_for_power(0.5, power)
