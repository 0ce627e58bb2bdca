"""Variance components of an outcome measured on every persona with every seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers


@dataclass(frozen=True)
class VarianceComponents:
    """Components of variance, on the scale of the scores.

    Parameters
    ----------
    persona : between personas
    seed : between seeds; each has one pair of negatives, whose effect on all personas is part of it
    persona_seed : persona by seed in all: negatives, sampling and residual
    negatives : the part of ``persona_seed`` explained by the distance to the seed's negatives; ``None`` where
        the distance was not given
    binomial : the part of ``persona_seed`` due to binomial sampling; ``None`` where it was not given
    """

    persona: float
    seed: float
    persona_seed: float
    negatives: float | None = None
    binomial: float | None = None

    @property
    def unexplained(self) -> float:
        """Persona by seed without negatives and sampling: order of examples, initial weights, dropout."""
        return max(0.0, self.persona_seed - (self.negatives or 0.0) - (self.binomial or 0.0))


def moment_components(
    scores: ArrayLike, distances: ArrayLike | None = None, sampling_variance: ArrayLike | None = None
) -> VarianceComponents:
    r"""Estimate by the method of moments; components that come out negative are reported as such.

    Parameters
    ----------
    scores : (N, S)
    distances : (N, S) distance of the persona to the seed's negatives
    sampling_variance : (N, S) variance of each score over samples

    Raises
    ------
    AnalysisError
        Other shapes, or fewer than two personas or seeds.

    Notes
    -----
    Searle, Casella and McCulloch (1992, Variance Components, section 4.3) for the two-way layout with one
    score a cell: :math:`\sigma^2_{ps} = MS_{ps}`, :math:`\sigma^2_p = (MS_p - MS_{ps}) / S`,
    :math:`\sigma^2_s = (MS_s - MS_{ps}) / N`. The part of the negatives is the squared slope of scores on
    distances, both without persona and seed effects, less the slope's own sampling variance, times the
    distances' variance.
    """
    cells, persona, seed, residual = _mean_squares(scores)
    n, seeds = cells.shape
    negatives = None
    if distances is not None:
        distance = _centre_doubly(numbers("distances", distances, cells.shape))
        negatives = _explained_variance(_centre_doubly(cells), distance)
    binomial = None
    if sampling_variance is not None:
        binomial = float(numbers("sampling variance", sampling_variance, cells.shape).mean())
    return VarianceComponents(
        (persona - residual) / seeds, (seed - residual) / n, residual, negatives, binomial
    )


def _mean_squares(scores: ArrayLike) -> tuple[FloatArray, float, float, float]:
    cells = numbers("scores", scores, (None, None))
    n, seeds = cells.shape
    if min(n, seeds) < 2:
        raise AnalysisError(f"scores: expected at least two personas and two seeds, got shape {cells.shape}")
    persona = seeds * float(np.var(cells.mean(axis=1), ddof=1))
    seed = n * float(np.var(cells.mean(axis=0), ddof=1))
    residual = float((_centre_doubly(cells) ** 2).sum()) / ((n - 1) * (seeds - 1))
    return cells, persona, seed, residual


def _centre_doubly(cells: FloatArray) -> FloatArray:
    centred: FloatArray = cells - cells.mean(axis=1, keepdims=True) - cells.mean(axis=0) + cells.mean()
    return centred


def _explained_variance(scores: FloatArray, distances: FloatArray) -> float:
    n, seeds = scores.shape
    degrees = (n - 1) * (seeds - 1) - 1
    squares = float((distances**2).sum())
    if squares <= 1e-20 * scores.size or degrees < 1:
        return 0.0
    slope = float((scores * distances).sum()) / squares
    error = float(((scores - slope * distances) ** 2).sum()) / degrees / squares
    return float((slope**2 - error) * squares / (degrees + 1))
