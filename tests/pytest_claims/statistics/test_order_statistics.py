import numpy as np
import pytest

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import clopper_pearson, lowest_rates


def test_equal_samples_give_each_rate_s_own_interval_in_order():
    hits = [41, 53, 32, 33, 32, 67]
    found = lowest_rates(hits, [100] * 6, 3)
    low, high = clopper_pearson([32, 32, 33], [100] * 3, 1 - 0.05 / 6)
    assert found.rates == pytest.approx((0.32, 0.32, 0.33))
    assert (found.lows, found.highs) == (pytest.approx(low), pytest.approx(high))
    assert (found.value, found.n) == (pytest.approx(0.97 / 3), 6)


def test_few_samples_widen_the_order_statistics_of_all():
    """A rate of which next to nothing is known may be the lowest, and may not."""
    sure = lowest_rates([50, 60, 70], [100] * 3, 1)
    unsure = lowest_rates([50, 60, 70, 1], [100] * 3 + [2], 1)
    assert unsure.lows[0] < 0.05 < sure.lows[0]
    assert unsure.highs[0] > sure.rates[0]


@pytest.mark.parametrize("true", [np.full(20, 0.4), np.linspace(0.2, 0.9, 20)])
def test_intervals_cover_the_order_statistics_of_the_true_rates_together(true):
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        found = lowest_rates(generator.binomial(50, true), np.full(20, 50), 4)
        covered += bool(
            (np.array(found.lows) <= np.sort(true)[:4]).all()
            and (np.sort(true)[:4] <= np.array(found.highs)).all()
        )
    assert covered >= 950


def test_the_lowest_counts_intervals_miss_where_their_order_statistics_hold():
    """Of 100 equal rates, those with the lowest counts are not as low as they look."""
    generator, samples = np.random.default_rng(0), np.full(4, 100)
    missed = 0
    for _ in range(300):
        hits = np.sort(generator.binomial(100, 0.4, 100))[:4]
        missed += bool((clopper_pearson(hits, samples, 1 - 0.05 / 4)[1] < 0.4).any())
    assert missed > 100


@pytest.mark.parametrize("k", [0, 4])
def test_there_are_as_many_rates_as_are_asked_for(k):
    with pytest.raises(BrokenMeasurementError, match="rates"):
        lowest_rates([1, 2, 3], [9] * 3, k)
