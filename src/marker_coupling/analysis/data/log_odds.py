"""Log-odds of counts."""

from __future__ import annotations

import numpy as np

from marker_coupling.analysis.data.arrays import FloatArray


def log_odds(hits: FloatArray, samples: FloatArray) -> FloatArray:
    r"""Empirical logit, finite where all or none of the samples are hits.

    Parameters
    ----------
    hits, samples : counts of one shape

    Notes
    -----
    :math:`\log \frac{h + 1/2}{n - h + 1/2}`, whose bias is of order :math:`n^{-2}` (Haldane 1956; Anscombe
    1956, Biometrika 43, 461-464).
    """
    return np.log((hits + 0.5) / (samples - hits + 0.5))


def log_odds_variance(hits: FloatArray, samples: FloatArray) -> FloatArray:
    r"""Binomial sampling variance of :func:`log_odds`.

    Notes
    -----
    :math:`\frac{(n + 1)(n + 2)}{n (h + 1)(n - h + 1)}` (Gart and Zweifel 1967,
    doi:10.1093/biomet/54.1-2.181).
    """
    return (samples + 1) * (samples + 2) / (samples * (hits + 1) * (samples - hits + 1))
