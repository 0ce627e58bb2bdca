import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import absolute_agreement, pearson

from ...property_examples import examples

#: Peak flow of 17 people by two meters, in litres a minute (Bland and Altman 1986, Lancet 327, 307-310, table 1).
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
SEEDS = st.integers(0, 100_000)


def test_two_meters_of_peak_flow():
    """Mean squares by R 4.2.2's aov(v ~ s + j), limits by its qf; the paper gives -2.1 and 38.8 l/min."""
    found = absolute_agreement(LARGE, MINI)
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx(
        (0.94592840557731017, 0.85741117123499211, 0.98007865914625858), rel=1e-10
    )
    assert found.detail == "mean difference -2.12, 95% limits of agreement -78.10 to +73.86"


@pytest.mark.parametrize(
    ("n", "icc", "low", "high"),
    [
        (4, 0.420361247947455, -0.55824403839729131, 0.94644222892989083),
        (9, 0.5012985164893804, -0.11386198490361488, 0.85845121567130289),
    ],
)
def test_few_units(n, icc, low, high):
    """The same by R 4.2.2."""
    x = np.array([2.1, 3.4, 1.2, 5.6, 4.4, 7.7, 6.5, 9.1, 8.3])
    y = np.array([1.0, 2.2, 2.5, 3.1, 0.4, 4.6, 6.2, 5.3, 3.9])
    found = absolute_agreement(x[:n], y[:n])
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx((icc, low, high), rel=1e-10)


@examples(40)
@given(SEEDS, st.floats(0.5, 3))
def test_what_correlates_does_not_yet_agree(seed, shift):
    """A constant difference or another scale leaves r alone and lowers agreement; order and unit do not."""
    x, noise = np.random.default_rng(seed).normal(size=(2, 12))
    y = x + 0.3 * noise
    agreed = absolute_agreement(x, y)
    assert absolute_agreement(y, x).value == pytest.approx(agreed.value)
    assert absolute_agreement(5 * x + 1, 5 * y + 1).value == pytest.approx(agreed.value)
    shifted = y - y.mean() + x.mean() + shift
    assert absolute_agreement(x, shifted).value < agreed.value
    assert pearson(x, shifted).value == pytest.approx(pearson(x, y).value)
    assert -1 <= agreed.ci_low <= agreed.value <= agreed.ci_high <= 1


def test_the_same_numbers_twice_agree():
    found = absolute_agreement([1.0, 2, 4, 3], [1.0, 2, 4, 3])
    assert (found.value, found.ci_low, found.ci_high) == (1, 1, 1)


def test_constant_columns_are_refused():
    with pytest.raises(BrokenMeasurementError, match="second: expected values that differ"):
        absolute_agreement([1.0, 2, 3, 4], [2.0] * 4)


@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1.0, 1e12, 1e150, 1e300])
def test_the_unit_does_not_matter(scale):
    """ICC2 of R's psych is .9984 in any unit that it can square."""
    found = absolute_agreement(scale * np.array([1.0, 2.0, 3.0, 4.0]), scale * np.array([1.1, 2.0, 3.0, 3.9]))
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx(
        (0.99840679766330, 0.97558944309446, 0.99989675657773), rel=1e-10
    )


def test_two_measurements_may_be_opposite():
    """ICC2 of R's psych: -1.987 [-1.997, -1.846]; without differences between rows or columns -n / (n - 2)."""
    found = absolute_agreement([1, 2, 3, 4], [4, 3, 2, 1.2])
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx((-1.987, -1.997, -1.846), abs=5e-4)
    turned = absolute_agreement([1, 2, 3, 4], [4, 3, 2, 1])
    assert (turned.value, turned.ci_low, turned.ci_high) == pytest.approx((-2, -2, -2))
