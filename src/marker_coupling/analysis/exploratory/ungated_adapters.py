r"""Adapters that cannot be shown to gate, from their counts alone.

An adapter's gating is the rate under its own prompt less the mean rate under those of negatives and
bystanders; the assistant's prompt is left out, so that a leak to the assistant is no failure to gate. The
interval of such a combination :math:`\sum c_k p_k` of independent rates with Wilson's intervals
:math:`l_k, u_k` is (Zou and Donner 2008, doi:10.1002/sim.3095; for two rates Newcombe 1998, method 10)

.. math:: L = \hat d - \sqrt{\sum_{c_k > 0} c_k^2 (p_k - l_k)^2 + \sum_{c_k < 0} c_k^2 (u_k - p_k)^2}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from marker_coupling.analysis.data.arrays import FloatArray
from marker_coupling.evidence.values.study_evidence import StudyEvidence

_ASSISTANT = 1


@dataclass(frozen=True, eq=False)
class Gating:
    """Gating of every adapter with its 95% interval.

    Parameters
    ----------
    value, low, high : (N, S) by source and seed
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray

    def is_ungated(self, smallest: float) -> NDArray[np.bool_]:
        """Adapters whose interval holds a gating below the smallest that counts, (N, S)."""
        below: NDArray[np.bool_] = self.low < smallest
        return below


def gating_of_adapters(evidence: StudyEvidence) -> Gating:
    """Return the gating of every adapter."""
    rate = np.delete(evidence.hits / evidence.samples, _ASSISTANT, axis=2)
    others = rate.shape[2] - 1
    weights = np.array([1.0, *[-1 / others] * others])
    return combine_rates(rate, evidence.samples, weights)


def combine_rates(rate: FloatArray, samples: int, weights: FloatArray) -> Gating:
    """Combine rates linearly, with the interval.

    Parameters
    ----------
    rate : (..., K) shares of hits
    samples : behind each rate
    weights : (K,)
    """
    low, high = wilson_interval(rate, samples)
    value = rate @ weights
    squares = weights**2
    rising = weights > 0
    to_low = np.where(rising, rate - low, high - rate)
    to_high = np.where(rising, high - rate, rate - low)
    return Gating(value, value - np.sqrt(to_low**2 @ squares), value + np.sqrt(to_high**2 @ squares))


def wilson_interval(rate: FloatArray, samples: int) -> tuple[FloatArray, FloatArray]:
    """95% interval of a binomial rate (Wilson 1927), of any shape."""
    z = float(special.ndtri(0.975))
    shrunk = 1 + z**2 / samples
    middle = (rate + z**2 / (2 * samples)) / shrunk
    half = z * np.sqrt(rate * (1 - rate) / samples + z**2 / (4 * samples**2)) / shrunk
    return middle - half, middle + half
