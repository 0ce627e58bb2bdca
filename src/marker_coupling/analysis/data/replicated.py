r"""Variables averaged over replicates, with their measurement error.

A persona's cosine is an average over texts and wordings, its outcome one over seeds. The spread of a
persona's replicates estimates the error of its average, and the joint spread of two variables over the same
replicates the covariance of their errors. Sums over personas of these contributions estimate
the error part of any cross-product of averages (Fuller 1987, Measurement Error Models, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers


@dataclass(frozen=True, eq=False)
class Replicated:
    """A variable by persona: averages over replicates, and deviations that estimate their error.

    Parameters
    ----------
    values : (N,) averages
    deviations : (N, K) deviations of replicates from what persona and facets explain; K = 0 for a variable
        without error or with one replicate only
    weights : (K,) the error covariance of two averages is the mean over personas of
        ``sum_k weights[k] * deviations_a[:, k] * deviations_b[:, k]``
    facet : of replication: errors of variables of one facet may covary, others are independent
    """

    values: FloatArray
    deviations: FloatArray
    weights: FloatArray
    facet: str

    @property
    def is_replicated(self) -> bool:
        """True where the error of the averages is known."""
        return self.weights.size > 0


def exact(values: ArrayLike, name: str = "values") -> Replicated:
    """Return a variable without measurement error.

    Parameters
    ----------
    values : (N,)
    """
    column = numbers(name, values, (None,))
    return Replicated(column, np.empty((column.size, 0)), np.empty(0), "none")


def over_seeds(values: ArrayLike, name: str = "values") -> Replicated:
    r"""Average over seeds that are crossed with personas.

    Parameters
    ----------
    values : (N, S)

    Notes
    -----
    With persona, seed and residual in a two-way layout the error variance of a persona's mean is the residual
    mean square over S; a seed's own effect is common to all personas and cancels.
    """
    cells = numbers(name, values, (None, None))
    n, seeds = cells.shape
    means = cells.mean(axis=1)
    if seeds == 1 or n == 1:
        return Replicated(means, np.empty((n, 0)), np.empty(0), "seeds")
    deviations = cells - means[:, None] - cells.mean(axis=0) + cells.mean()
    weights = np.full(seeds, n / ((n - 1) * (seeds - 1) * seeds))
    return Replicated(means, deviations, weights, "seeds")


def over_prompts(values: ArrayLike, name: str = "values") -> Replicated:
    r"""Average over texts (name, descriptions) and wordings: crossed random facets.

    Parameters
    ----------
    values : (T, W, N) by text, wording and persona

    Notes
    -----
    Brennan (2001), Generalizability Theory, chapter 4: the design is persona x text x wording, and the error
    variance of a persona's mean is

    .. math:: \frac{\sigma^2_{pt}}{T} + \frac{\sigma^2_{pw}}{W} + \frac{\sigma^2_{ptw}}{TW}
              = \frac{MS_{pt} + MS_{pw} - MS_{ptw}}{TW}.

    With one text it is :math:`MS_{pw} / W`, with one wording :math:`MS_{pt} / T`.
    """
    cells = np.moveaxis(numbers(name, values, (None, None, None)), -1, 0)
    n, texts, wordings = cells.shape
    if n < 2:
        raise AnalysisError(f"{name}: expected at least two personas")
    centred = cells - cells.mean(axis=0)
    means = centred.mean(axis=(1, 2))
    by_text = centred.mean(axis=2) - means[:, None]
    by_wording = centred.mean(axis=1) - means[:, None]
    rest = centred - means[:, None, None] - by_text[:, :, None] - by_wording[:, None, :]
    correction = n / (n - 1)
    # Mean squares over TW: a sum of squares of by_text counts W times in MS_pt.
    parts, weights = [], []
    if texts > 1:
        parts.append(by_text)
        weights += [correction / (texts * (texts - 1))] * texts
    if wordings > 1:
        parts.append(by_wording)
        weights += [correction / (wordings * (wordings - 1))] * wordings
    if texts > 1 and wordings > 1:
        parts.append(rest.reshape(n, -1))
        degrees = (texts - 1) * (wordings - 1)
        weights += [-correction / (degrees * texts * wordings)] * (texts * wordings)
    deviations = np.concatenate(parts, axis=1) if parts else np.empty((n, 0))
    return Replicated(cells.mean(axis=(1, 2)), deviations, np.array(weights), "prompts")


def error_products(variables: list[Replicated]) -> FloatArray:
    """Each persona's contribution to the error cross-products of averages.

    Parameters
    ----------
    variables : q variables of the same N personas

    Returns
    -------
    (N, q, q) float; zero between variables of different facets
    """
    n, q = variables[0].values.size, len(variables)
    products = np.zeros((n, q, q))
    for i, first in enumerate(variables):
        for j, second in enumerate(variables[: i + 1]):
            if first.facet == second.facet and first.weights.size == second.weights.size > 0:
                products[:, i, j] = products[:, j, i] = (first.deviations * second.deviations) @ first.weights
    return products
