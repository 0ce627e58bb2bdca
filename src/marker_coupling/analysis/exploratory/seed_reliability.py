r"""Reliability over seeds of the mean coupling strength, on several base models that share personas.

With the mean square between personas over the error mean square, F, the reliability of a persona's mean over
seeds is :math:`1 - 1 / F` (see :mod:`.intraclass`). The limits by the F distribution hold for normal scores,
and adapters gate or do not. Here log F, averaged over base models, has the error of leaving out categories of
personas in all base models at once, which needs no distribution and takes in that like personas couple alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import jackknife_half_width
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.models.intraclass import intraclass_correlation


@dataclass(frozen=True)
class SeedReliability:
    """Reliability of the mean over seeds, with its 95% interval.

    Parameters
    ----------
    value, low, high : one less the geometric mean over base models of the share of error
    """

    value: float
    low: float
    high: float


def seed_reliability(scores: Sequence[FloatArray], categories: Categories) -> SeedReliability:
    """Estimate the reliability of the mean over seeds.

    Parameters
    ----------
    scores : (N, S) of each base model
    categories : of the personas

    Raises
    ------
    AnalysisError
        One seed, scores that do not differ, or seeds that agree without any error.
    """
    log_ratio = float(np.mean([_log_ratio(of_model) for of_model in scores]))
    without = np.array(
        [
            np.mean([_log_ratio(of_model[categories.codes != category]) for of_model in scores])
            for category in range(categories.count)
        ]
    )
    half = float(jackknife_half_width(without))
    value, low, high = (float(-np.expm1(-end)) for end in (log_ratio, log_ratio - half, log_ratio + half))
    return SeedReliability(value, low, high)


def _log_ratio(scores: FloatArray) -> float:
    """Log of the mean square between personas over that of the error."""
    mean = intraclass_correlation(scores).mean
    if not -np.inf < mean < 1:
        raise AnalysisError("scores: expected seeds that differ, and personas that do")
    return float(-np.log1p(-mean))
