"""Holm's adjustment of p-values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers


def holm(p_values: ArrayLike) -> FloatArray:
    """Holm's step-down adjusted p-values.

    Parameters
    ----------
    p_values : (k,) in [0, 1]

    Notes
    -----
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70; under any dependence.
    """
    p = numbers("p-values", p_values, (None,))
    if (p < 0).any() or (p > 1).any():
        raise AnalysisError("p-values: expected numbers from 0 to 1")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)))
    return adjusted
