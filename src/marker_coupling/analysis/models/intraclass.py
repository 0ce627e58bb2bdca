"""Intraclass correlations over seeds: reliability of one seed, and of the mean over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers, varies

Form = Literal["ICC(1)", "ICC(C,1)"]


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Reliability of one seed and of the mean over all seeds, with 95% intervals.

    Parameters
    ----------
    form : ``ICC(1)``: seeds are nested in personas; ``ICC(C,1)``: seeds are crossed with personas, and their
        main effects do not count
    single, single_low, single_high : of one seed
    mean, mean_low, mean_high : of the mean over ``seeds``, by Spearman and Brown's formula
    seeds : their number
    """

    form: Form
    single: float
    single_low: float
    single_high: float
    mean: float
    mean_low: float
    mean_high: float
    seeds: int


def intraclass_correlation(scores: ArrayLike, form: Form = "ICC(C,1)") -> IntraclassCorrelation:
    r"""Intraclass correlation with the interval by F.

    Parameters
    ----------
    scores : (N, S) by persona and seed, at least two of each
    form : see :class:`IntraclassCorrelation`

    Raises
    ------
    AnalysisError
        Another shape, too few personas or seeds, or scores that do not differ.

    Notes
    -----
    McGraw and Wong (1996, doi:10.1037/1082-989X.1.1.30), cases 1 and 2: with the mean square between personas
    :math:`MS_R` and the error mean square :math:`MS_E` (within personas for ICC(1), without seeds' effects
    for ICC(C,1))

    .. math:: \frac{MS_R - MS_E}{MS_R + (S - 1) MS_E},

    and the limits put :math:`F = MS_R / MS_E`, divided by the quantiles of the F distribution, into
    :math:`(F - 1) / (F + S - 1)`.
    """
    cells = _cells(scores)
    n, seeds = cells.shape
    between, error = _mean_squares(cells, form)
    degrees = (n - 1) * (seeds - 1) if form == "ICC(C,1)" else n * (seeds - 1)
    ratio = between / error if error > 0 else np.inf
    upper = special.fdtri(n - 1, degrees, 0.975)
    lower = 1 / special.fdtri(degrees, n - 1, 0.975)
    singles = [_from_ratio(f, seeds) for f in (ratio, ratio / upper, ratio / lower)]
    means = [1 - 1 / f if f > 0 else -np.inf for f in (ratio, ratio / upper, ratio / lower)]
    return IntraclassCorrelation(
        form, singles[0], singles[1], singles[2], means[0], means[1], means[2], seeds
    )


def _cells(scores: ArrayLike) -> FloatArray:
    cells = numbers("scores", scores, (None, None))
    if min(cells.shape) < 2:
        raise AnalysisError(f"scores: expected at least two personas and two seeds, got shape {cells.shape}")
    if not varies(cells):
        raise AnalysisError("scores: expected values that differ")
    return cells


def _mean_squares(cells: FloatArray, form: Form) -> tuple[float, float]:
    n, seeds = cells.shape
    rows = cells.mean(axis=1)
    between = seeds * float(np.var(rows, ddof=1))
    residual = cells - rows[:, None]
    if form == "ICC(1)":
        return between, float((residual**2).sum()) / (n * (seeds - 1))
    residual = residual - residual.mean(axis=0)
    return between, float((residual**2).sum()) / ((n - 1) * (seeds - 1))


def _from_ratio(ratio: float, seeds: int) -> float:
    return 1.0 if np.isinf(ratio) else (ratio - 1) / (ratio + seeds - 1)


def spearman_brown(single: float, count: int) -> float:
    """Predict the reliability of the mean over some seeds from that of one.

    Spearman (1910) and Brown (1910): ``count * r / (1 + (count - 1) * r)``.

    Parameters
    ----------
    single : reliability of one seed; a negative estimate counts as 0
    count : of seeds
    """
    single = max(single, 0.0)
    return count * single / (1 + (count - 1) * single)
