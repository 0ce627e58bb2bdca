import numpy as np
import pytest
from scipy import stats

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.exploratory.bins import binned_means


def test_bins_hold_equally_many_cells_and_their_means():
    x = np.random.default_rng(0).permutation(np.arange(100.0))
    found = binned_means(x, 2 * x, np.arange(100))
    assert found.centres == pytest.approx(np.arange(10) * 10 + 4.5)
    assert found.values == pytest.approx(2 * found.centres)


def test_of_independent_cells_the_interval_is_near_students():
    generator = np.random.default_rng(1)
    x, y = np.zeros(400), generator.normal(size=400)
    found = binned_means(x, y, np.arange(400))
    expected = stats.t.interval(0.95, 399, y.mean(), stats.sem(y))
    assert found.values.size == 1
    assert (found.lows[0], found.highs[0]) == pytest.approx(expected, abs=0.002)


def test_intervals_allow_for_clusters_whose_cells_are_alike():
    generator = np.random.default_rng(2)
    clusters = np.repeat(np.arange(40), 20)
    y = generator.normal(size=40)[clusters]
    found = binned_means(generator.normal(size=800), y, clusters, bins=1)
    expected = stats.t.interval(0.95, 39, y.mean(), stats.sem(y[::20]))
    assert (found.lows[0], found.highs[0]) == pytest.approx(expected, rel=0.01)


def test_values_that_many_cells_share_leave_no_bin_empty():
    x = np.repeat([0.0, 1.0], [900, 100])
    found = binned_means(x, x, np.arange(1000) % 50)
    assert np.isfinite([*found.centres, *found.values, *found.lows, *found.highs]).all()
    assert found.values.min() == 0
    assert found.values.max() == 1


def test_a_bin_of_one_cluster_has_a_mean_and_no_interval():
    found = binned_means(
        np.repeat([0.0, 1, 2, 3], 10), np.arange(40.0) % 7, np.repeat([0, 1, 2, 2], 10), bins=4
    )
    assert np.isfinite(found.values).all()
    assert np.isnan(found.lows).all()
    assert np.isnan(found.highs).all()
    with pytest.raises(AnalysisError, match="categories: expected at least two, got 1"):
        binned_means(np.arange(40.0), np.arange(40.0), np.zeros(40, int))
