"""Reliability of a measure between wordings: mean correlation, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from marker_coupling.evidence.values.fields import FloatArray


@dataclass(frozen=True)
class Reliability:
    """Mean correlation between wordings.

    Parameters
    ----------
    value : the mean over pairs of wordings
    low, high : 95% interval, over resampled questions or also over wordings
    """

    value: float
    low: float
    high: float


def between_wordings(scores: FloatArray) -> FloatArray:
    """Mean correlation of scores between pairs of wordings.

    Parameters
    ----------
    scores : (..., wordings, personas), at least two wordings

    Returns
    -------
    (...) float in [-1, 1]; NaN where a wording gives all personas one score
    """
    # Equal scores have a spread of rounding errors, not exactly none.
    constant = np.ptp(scores, axis=-1, keepdims=True) <= 1e-12 * np.abs(scores).max(axis=-1, keepdims=True)
    centred = np.where(constant, np.nan, scores - scores.mean(axis=-1, keepdims=True))
    unit = centred / np.linalg.norm(centred, axis=-1, keepdims=True)
    wordings = scores.shape[-2]
    # The mean vector's squared length holds every pair twice and every wording with itself once.
    total = np.square(unit.sum(axis=-2)).sum(axis=-1)
    mean: FloatArray = np.clip((total - wordings) / (wordings * (wordings - 1)), -1, 1)
    return mean


def reliability(scores: FloatArray, resampled: FloatArray) -> Reliability:
    """Reliability of scores with its interval.

    Parameters
    ----------
    scores : (wordings, personas)
    resampled : (resamples, wordings, personas), the same from resampled questions
    """
    low, high = np.quantile(between_wordings(resampled), [0.025, 0.975])
    return Reliability(float(between_wordings(scores)), float(low), float(high))


def reliability_over_wordings(scores: FloatArray, resampled: FloatArray) -> Reliability:
    r"""Reliability of scores, with an interval that also allows for other wordings having been chosen.

    Parameters
    ----------
    scores : (wordings, personas), at least three wordings
    resampled : (resamples, wordings, personas), the same from resampled questions

    Raises
    ------
    ValueError
        Fewer than three wordings, of which none can be left out.

    Notes
    -----
    On Fisher's z scale the jackknife's variance over wordings,
    :math:`\frac{W - 1}{W} \sum (z_{(w)} - \bar z)^2` (Efron and Tibshirani 1993, equation 11.5), and the
    variance over resampled questions add; the interval is Student's with :math:`W - 1` degrees of freedom.
    Personas are taken as they are.
    """
    wordings = len(scores)
    if wordings < 3:
        raise ValueError(f"wordings: expected at least three, got {wordings}")
    z, z_resampled = _fisher_z(between_wordings(scores)), _fisher_z(between_wordings(resampled))
    left_out = [_fisher_z(between_wordings(np.delete(scores, index, axis=0))) for index in range(wordings)]
    variance = (wordings - 1) * np.var(left_out) + np.var(z_resampled, ddof=1)
    half = special.stdtrit(wordings - 1, 0.975) * np.sqrt(variance)
    return Reliability(*(float(np.tanh(end)) for end in (z, z - half, z + half)))


def _fisher_z(coefficients: FloatArray) -> FloatArray:
    limit = 1 - 1e-12
    return np.arctanh(np.clip(coefficients, -limit, limit))
