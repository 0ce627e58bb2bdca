"""The lowest of many true rates, with intervals that allow for their having been picked by their counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.statistics.arithmetic.arrays import counts
from pytest_claims.statistics.proportions import RatesEstimate, clopper_pearson


def lowest_rates(hits: ArrayLike, samples: ArrayLike, k: int) -> RatesEstimate:
    """Order statistics of true rates: the lowest of all, the second lowest, up to the k-th.

    The lowest of many observed rates lies below the lowest true one by chance alone, so its own interval
    says too little. Intervals of *all* rates that hold together bound the order statistics of the true rates:
    if low_i <= rate_i <= high_i for all i, then the j-th smallest true rate lies between the j-th smallest
    of the lower and the j-th smallest of the upper ends.

    Parameters
    ----------
    hits, samples : (n,) whole numbers, of all rates
    k : number of order statistics, 1 <= k <= n

    Returns
    -------
    RatesEstimate
        Rates in rising order, ``value`` their mean without an interval, and ``n`` the number of rates. All k
        intervals hold together at 95%: Clopper and Pearson's at 1 - 0.05 / n, sorted.

    Raises
    ------
    BrokenMeasurementError
        The counts are not counts, or there are fewer than k.
    """
    hit, sample = counts(hits, samples)
    if hit.ndim != 1 or not 1 <= k <= hit.size:
        raise BrokenMeasurementError(f"hits: expected at least {k} rates, got shape {hit.shape}")
    lows, highs = (np.sort(ends)[:k] for ends in clopper_pearson(hit, sample, 1 - 0.05 / hit.size))
    rates = np.sort(hit / sample)[:k]
    return RatesEstimate(
        statistic=f"mean of the {k} lowest of {hit.size} observed rates",
        value=float(rates.mean()),
        n=int(hit.size),
        detail=f"observed rates from {rates.min():.2f} to {rates.max():.2f}",
        labels=tuple(f"number {rank} from below" for rank in range(1, k + 1)),
        rates=tuple(rates.tolist()),
        lows=tuple(lows.tolist()),
        highs=tuple(highs.tolist()),
    )
