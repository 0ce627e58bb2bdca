"""Influence of single units on a correlation: leave one out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import CorrelationEstimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.correlation import pearson


@dataclass(frozen=True)
class LeaveOneOut:
    """The correlation of all units but one."""

    left_out: str
    correlation: CorrelationEstimate


def leave_one_out(labels: Sequence[str], x: ArrayLike, y: ArrayLike) -> tuple[LeaveOneOut, ...]:
    """Correlate x and y without each unit in turn.

    Parameters
    ----------
    labels : (n,) names
    x, y : (n,) float, n >= 5

    Returns
    -------
    (n,) in the order of the labels

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`, of the whole or of any part.
    """
    a, b = columns(x=x, y=y)
    if len(labels) != a.size:
        raise BrokenMeasurementError(f"labels: expected {a.size}, got {len(labels)}")
    return tuple(
        LeaveOneOut(label, pearson(np.delete(a, index), np.delete(b, index)))
        for index, label in enumerate(labels)
    )
