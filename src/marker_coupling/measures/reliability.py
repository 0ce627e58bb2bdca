"""Reliability of a measure between wordings: mean correlation, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.evidence.values.fields import FloatArray


@dataclass(frozen=True)
class Reliability:
    """Mean correlation between wordings.

    Parameters
    ----------
    value : the mean over pairs of wordings
    low, high : 95% percentile interval over resampled questions
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
