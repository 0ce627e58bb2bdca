"""Rates: counts with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import counts
from pytest_claims.statistics.arithmetic.deviations import FloatArray


def wilson(hits: ArrayLike, samples: ArrayLike, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a rate (Wilson 1927), as in ``scipy.stats.binomtest``.

    Parameters
    ----------
    hits, samples : (...) whole numbers, 0 <= hits <= samples

    Returns
    -------
    (...) float, (...) float : lower and upper ends in [0, 1]

    Raises
    ------
    BrokenMeasurementError
        The counts are not such.
    ValueError
        The confidence is not between 0 and 1.
    """
    _check_confidence(confidence)
    hit, sample = counts(hits, samples)
    z2 = float(special.ndtri((1 + confidence) / 2)) ** 2
    rate = hit / sample
    centre = rate + z2 / (2 * sample)
    half = np.sqrt(z2 * (rate * (1 - rate) + z2 / (4 * sample)) / sample)
    scale = 1 + z2 / sample
    low, high = (centre - half) / scale, (centre + half) / scale
    # At the ends the formula gives 0 and 1 up to rounding; exactly there, an interval contains its rate.
    return np.where(hit == 0, 0.0, low), np.where(hit == sample, 1.0, high)


def clopper_pearson(
    hits: ArrayLike, samples: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Exact interval of a rate (Clopper and Pearson 1934), as ``binom.test`` in R.

    It contains the true rate at least as often as it promises, whatever the rate and the number of samples.
    Wilson's interval promises 95% on average over rates; near 0 and 1 it contains as few as 84%.

    Parameters, returns and errors are those of :func:`wilson`.
    """
    _check_confidence(confidence)
    hit, sample = counts(hits, samples)
    tail = (1 - confidence) / 2
    # At the ends a parameter of the beta distribution would be 0.
    low = special.betaincinv(np.maximum(hit, 1), sample - hit + 1, tail)
    high = special.betainccinv(hit + 1, np.maximum(sample - hit, 1), tail)
    return np.where(hit == 0, 0.0, low), np.where(hit == sample, 1.0, high)


def log_odds(hits: ArrayLike, samples: ArrayLike) -> FloatArray:
    r"""Empirical logit of rates, finite where all or none of the samples are hits.

    Parameters
    ----------
    hits, samples : (...) whole numbers, 0 <= hits <= samples

    Returns
    -------
    (...) float

    Raises
    ------
    BrokenMeasurementError
        The counts are not such.

    Notes
    -----
    :math:`\log \frac{h + 1/2}{n - h + 1/2}`, whose bias is of order :math:`n^{-2}` (Haldane 1956; Anscombe
    1956, Biometrika 43, 461-464).
    """
    hit, sample = counts(hits, samples)
    odds: FloatArray = np.log((hit + 0.5) / (sample - hit + 0.5))
    return odds


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, got {confidence!r}")


@dataclass(frozen=True)
class RateWithInterval:
    """One of several rates.

    Parameters
    ----------
    label : name of the rate
    value, low, high : the rate and its interval
    samples : number of samples; 0 if not known
    """

    label: str
    value: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class RatesEstimate(Estimate):
    """Several rates, all to be compared with one target.

    Parameters
    ----------
    labels : (k,) what each rate is of
    rates, lows, highs : (k,) each rate with its interval; all k intervals hold together at 95%
    samples : (k,) number of samples of each
    """

    labels: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    samples: tuple[int, ...] = ()

    def each(self) -> list[RateWithInterval]:
        """Return the rates, (k,)."""
        samples = self.samples or (0,) * len(self.labels)
        fields = (self.labels, self.rates, self.lows, self.highs, samples)
        return [RateWithInterval(*rate) for rate in zip(*fields, strict=True)]


def simultaneous_rates(labels: tuple[str, ...], hits: ArrayLike, samples: ArrayLike) -> RatesEstimate:
    """Rates with exact intervals that hold all together (Bonferroni), and the pooled rate.

    Parameters
    ----------
    labels : (k,) names
    hits, samples : (k,) whole numbers

    Returns
    -------
    RatesEstimate
        ``value`` is the pooled rate with its own 95% interval, ``n`` the number of samples. All intervals are
        those of Clopper and Pearson, as rules decide on them.

    Raises
    ------
    BrokenMeasurementError
        The counts are not counts, or not one pair for each label.
    """
    hit, sample = counts(hits, samples)
    if hit.shape != (len(labels),):
        raise BrokenMeasurementError(f"hits: expected {len(labels)} counts, got shape {hit.shape}")
    lows, highs = clopper_pearson(hit, sample, 1 - 0.05 / hit.size)
    pooled_low, pooled_high = clopper_pearson(hit.sum(), sample.sum())
    rates = hit / sample
    return RatesEstimate(
        statistic=f"pooled rate of {hit.size}",
        value=float(hit.sum() / sample.sum()),
        n=int(sample.sum()),
        ci_low=float(pooled_low),
        ci_high=float(pooled_high),
        detail=f"rates from {rates.min():.2f} to {rates.max():.2f}",
        labels=labels,
        rates=tuple(rates.tolist()),
        lows=tuple(lows.tolist()),
        highs=tuple(highs.tolist()),
        samples=tuple(sample.tolist()),
    )
