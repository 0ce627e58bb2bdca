"""Adjustment of the p-values of a family of hypotheses."""

from __future__ import annotations

from collections.abc import Sequence


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values by Holm's step-down method, in the order in which they are given.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none gets less than one before it, nor
    more than 1. Rejecting what is below a level keeps the chance of any false rejection in the family at that
    level, whatever the dependence (S. Holm, A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6, 1979), as ``p.adjust(p, "holm")`` of R.

    Raises
    ------
    ValueError
        A p-value is not a number from 0 to 1.
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise ValueError(f"p-values: expected numbers from 0 to 1, got {p!r}")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
