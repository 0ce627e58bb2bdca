"""Separation by sign of the units with the highest (or lowest) values in another column."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.proportions import wilson


@dataclass(frozen=True)
class SeparationEstimate(Estimate):
    """Share of a group on one side, with its probability by chance.

    Parameters
    ----------
    p_opposite : chance of so few or fewer; ties at the edge of the group are counted for the claim here
    """

    p_opposite: float = math.nan

    def against_the_claim(self) -> SeparationEstimate:
        """Return the same with the p-value of so few or fewer, in place of so many or more."""
        statistic = self.statistic.replace("of so many or more", "of so few or fewer")
        return replace(self, statistic=statistic, p_value=self.p_opposite)


def rank_separation(
    score: ArrayLike,
    rate: ArrayLike,
    *,
    k: int,
    which: Literal["highest", "lowest"],
    sign: Literal["negative", "positive"],
) -> SeparationEstimate:
    """Count the units with a score of one sign among the k with the highest (lowest) rate.

    Parameters
    ----------
    score, rate : (n,) float, n >= 4
    k : size of the group, 1 <= k < n

    Returns
    -------
    SeparationEstimate
        ``value`` is the share of the group, with its Wilson interval. The p-value is one-sided and exact:
        of all groups of k, the share with as many or more (hypergeometric). Units that tie at the edge of
        the group are chosen so that the count is smallest; for the opposite p-value, so that it is largest.
        A score of exactly 0 has neither sign.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`; or k is out of range.
    """
    scores, rates = columns(score=score, rate=rate)
    n = scores.size
    if not 1 <= k < n:
        raise BrokenMeasurementError(f"expected a group of 1 to {n - 1} units out of {n}, got {k}")
    marked = scores < 0 if sign == "negative" else scores > 0
    height = rates if which == "highest" else -rates
    # Highest first; among equals those without the sign first, so that no choice of ours helps the claim,
    # and for the opposite tail those with it, so that none hurts it.
    with_sign_in_group = int(marked[np.lexsort((marked, -height))[:k]].sum())
    most_in_group = int(marked[np.lexsort((~marked, -height))[:k]].sum())
    with_sign = int(marked.sum())
    at_least = _hypergeometric(range(with_sign_in_group, k + 1), n, with_sign, k)
    at_most = _hypergeometric(range(most_in_group + 1), n, with_sign, k)
    low, high = wilson(with_sign_in_group, k)
    return SeparationEstimate(
        statistic=f"share of the {k} {which} with a {sign} score (one-sided exact p of so many or more)",
        value=with_sign_in_group / k,
        n=n,
        ci_low=float(low),
        ci_high=float(high),
        p_value=at_least,
        detail=f"{with_sign_in_group} of {k}, where {with_sign} of all {n} are {sign}",
        p_opposite=at_most,
    )


def _hypergeometric(counts: range, n: int, marked: int, k: int) -> float:
    ways = sum(math.comb(marked, hits) * math.comb(n - marked, k - hits) for hits in counts)
    return ways / math.comb(n, k)
