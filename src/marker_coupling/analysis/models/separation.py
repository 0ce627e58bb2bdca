"""Separation: predictors that tell successes from failures, so that a logistic likelihood has no maximum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray

#: Of columns of size 1, beyond rounding.
_TOLERANCE = 1e-7


def is_separated(design: FloatArray, hit: NDArray[np.bool_], missed: NDArray[np.bool_]) -> bool:
    """Tell whether the maximum-likelihood estimate of a logistic model is infinite.

    It is where some combination of the predictors is nowhere below 0 at successes, nowhere above 0 at
    failures, and not 0 everywhere (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1), which linear
    programming finds (Konis 2007).

    Parameters
    ----------
    design : (n, p) of full rank, intercept included
    hit, missed : (n,) rows with successes, and with failures; a row of several trials may have both

    Raises
    ------
    AnalysisError
        The linear program has no solution in this arithmetic.
    """
    scaled = design / np.abs(design).max(axis=0)
    signed = np.concatenate([scaled[hit], -scaled[missed]])
    found = optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    if found.status != 0:
        raise AnalysisError(f"logistic model: expected to find whether there is a maximum: {found.message}")
    return bool((signed @ found.x).sum() > _TOLERANCE * len(signed))
