"""Means of a value in bins of another, for figures of many cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import jackknife_half_width
from marker_coupling.analysis.data.arrays import FloatArray, IntArray

BINS = 10


@dataclass(frozen=True, eq=False)
class BinnedMeans:
    """Means in bins that hold equally many cells.

    Parameters
    ----------
    centres : (K,) mean of x in each bin
    values, lows, highs : (K,) mean of y with its 95% interval, from leaving out clusters; its ends are NaN
        where a bin is one cluster's alone
    """

    centres: FloatArray
    values: FloatArray
    lows: FloatArray
    highs: FloatArray


def binned_means(x: FloatArray, y: FloatArray, clusters: IntArray, bins: int = BINS) -> BinnedMeans:
    """Average y in bins of x; bins that equal values of x would leave empty are left out.

    Parameters
    ----------
    x, y : (C,)
    clusters : (C,) number of each cell's cluster, 0 to G - 1, G >= 2
    bins : at most so many, each with an equal share of the cells

    Raises
    ------
    AnalysisError
        There is one cluster.
    """
    edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(edges.size - 2, 0))
    used, place = np.unique(place, return_inverse=True)
    shape = (int(clusters.max()) + 1, used.size)

    def sums(values: FloatArray) -> FloatArray:
        """Sum by cluster and bin, (G, K)."""
        flat = np.bincount(clusters * shape[1] + place, values, minlength=shape[0] * shape[1])
        return flat.reshape(shape).astype(np.float64)

    count, of_x, of_y = sums(np.ones(x.size)), sums(x), sums(y)
    value = of_y.sum(axis=0) / count.sum(axis=0)
    left = count.sum(axis=0) - count
    without = np.where(left > 0, (of_y.sum(axis=0) - of_y) / np.maximum(left, 1), np.nan)
    half = jackknife_half_width(without)
    return BinnedMeans(of_x.sum(axis=0) / count.sum(axis=0), value, value - half, value + half)
