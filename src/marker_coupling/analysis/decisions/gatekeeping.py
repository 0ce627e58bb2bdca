"""Graphical gatekeeping: sequentially rejective tests of ordered hypotheses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray


@dataclass(frozen=True)
class Gatekeeping:
    """Graph of hypotheses: initial shares of the level, and its transfers after rejections.

    Parameters
    ----------
    shares : share of the level that each hypothesis has at first; they sum to at most 1
    transfers : for each hypothesis, the shares of its level that others receive when it is rejected; they sum
        to at most 1

    Raises
    ------
    AnalysisError
        Shares that are negative or sum to more than 1, a hypothesis that is not named in ``shares``, or one
        that hands to itself.
    """

    shares: Mapping[str, float]
    transfers: Mapping[str, Mapping[str, float]]

    def __post_init__(self) -> None:
        for name, shares in [("shares", self.shares), *self.transfers.items()]:
            if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-12:
                raise AnalysisError(
                    f"{name}: expected shares from 0 that sum to at most 1, got {dict(shares)}"
                )
            unknown = sorted(set(shares) - set(self.shares)) or sorted(set(self.transfers) - set(self.shares))
            if unknown or name in shares:
                raise AnalysisError(f"{name}: expected other hypotheses of the family, got {unknown or name}")


def adjust_p_values(
    p_values: Mapping[str, float], gatekeeping: Gatekeeping, alpha: float
) -> Mapping[str, tuple[float, float]]:
    r"""Test the hypotheses of a graph, each at its share of the level after all transfers.

    Parameters
    ----------
    p_values : of every hypothesis in the graph
    alpha : family-wise error rate

    Returns
    -------
    mapping
        For each hypothesis its adjusted p (rejected at ``alpha`` if at most that) and the level that it has
        in the end: that at which it was rejected, or the one that it failed.

    Raises
    ------
    AnalysisError
        p-values of other hypotheses than those in the graph.

    Notes
    -----
    Bretz, Maurer, Brannath and Posch (2009, doi:10.1002/sim.3495), algorithm 1; the family-wise error rate
    holds under any dependence. Holm's procedure and fixed sequences are special cases. In every step the
    hypothesis with the smallest ratio of p to share is next, and its transfers are spread:

    .. math:: w_l \mathrel{+}= w_j g_{jl}, \qquad g_{lk} \leftarrow
              \frac{g_{lk} + g_{lj} g_{jk}}{1 - g_{lj} g_{jl}}.
    """
    names = list(gatekeeping.shares)
    if set(p_values) != set(names):
        raise AnalysisError(f"p-values: expected those of {names}, got {sorted(p_values)}")
    shares = np.array([gatekeeping.shares[name] for name in names])
    transfers = np.array([[gatekeeping.transfers.get(a, {}).get(b, 0.0) for b in names] for a in names])
    p = np.array([p_values[name] for name in names])
    adjusted, levels = np.ones(p.size), np.zeros(p.size)
    open_, largest, rejecting = np.ones(p.size, dtype=bool), 0.0, True
    while open_.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(open_ & (shares > 0), p / shares, np.inf)
        ratios[open_ & (p == 0) & (shares > 0)] = 0
        chosen = int(np.argmin(ratios))
        if not np.isfinite(ratios[chosen]):
            break
        largest = max(largest, min(1.0, float(ratios[chosen])))
        adjusted[chosen] = largest
        if rejecting and largest > alpha:
            rejecting = False
            levels[open_] = shares[open_] * alpha
        if rejecting:
            levels[chosen] = shares[chosen] * alpha
        open_[chosen] = False
        shares, transfers = _without(chosen, shares, transfers, open_)
    return {name: (float(adjusted[k]), float(levels[k])) for k, name in enumerate(names)}


def _without(
    chosen: int, shares: FloatArray, transfers: FloatArray, open_: np.ndarray
) -> tuple[FloatArray, FloatArray]:
    handed = transfers[chosen] * shares[chosen]
    shares = np.where(open_, shares + handed, 0.0)
    loop = transfers[:, chosen] * transfers[chosen]  # g_lj g_jl
    spread = transfers + np.outer(transfers[:, chosen], transfers[chosen])
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where((loop < 1 - 1e-12)[:, None], spread / (1 - loop)[:, None], 0.0)
    np.fill_diagonal(spread, 0.0)
    spread[~open_] = spread[:, ~open_] = 0.0
    return shares, spread
