"""Agreement of the cosine between disjoint descriptions of a persona: does it measure persona or words?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from marker_coupling.analysis.correlations.joint_correlation import fisher_z, jackknife_error
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers


@dataclass(frozen=True, eq=False)
class DescriptionAgreement:
    """Agreement on the cosine of a persona between texts that share no word.

    Parameters
    ----------
    value : mean correlation over personas between pairs of texts, at the composite
    least_pair : the smallest of these correlations
    by_layer : (L,) the same mean at each layer
    chance : 95% quantile of the largest mean over layers and composite when texts are given to other personas
    p : share of permutations whose largest mean is at least ``value``
    partial : mean correlation with the bag of embeddings and the length of both texts held fixed
    partial_low : its one-sided lower 95% bound, by leaving out personas
    """

    value: float
    least_pair: float
    by_layer: FloatArray
    chance: float
    p: float
    partial: float
    partial_low: float


def agreement_between_descriptions(
    composite: ArrayLike,
    by_layer: ArrayLike,
    lexical_cosine: ArrayLike,
    tokens: ArrayLike,
    *,
    permutations: int = 2_000,
    seed: int = 0,
) -> DescriptionAgreement:
    """Measure agreement on the cosine to the assistant.

    Parameters
    ----------
    composite : (T, N) by text and persona, averaged over wordings, at the composite of the upper half of the
        layers
    by_layer : (L, T, N) the same at each layer
    lexical_cosine : (T, N) cosine to the assistant of each text's bag of token embeddings
    tokens : (T, N) length of each text
    permutations, seed : personas are permuted within each text but the first, alike at all layers

    Raises
    ------
    AnalysisError
        Other shapes, one text, or fewer than nine personas.
    """
    score = numbers("composite", composite, (None, None))
    texts, n = score.shape
    if texts < 2 or n < 9:
        raise AnalysisError(
            f"descriptions: expected at least two texts of nine personas, got shape {score.shape}"
        )
    layers = numbers("cosines by layer", by_layer, (None, texts, n))
    lexical = numbers("lexical cosine", lexical_cosine, (texts, n))
    length = np.log(numbers("tokens", tokens, (texts, n)))
    pairs = list(itertools.combinations(range(texts), 2))
    every = _unit(np.concatenate([score[None], layers]))  # composite first
    observed = _pair_means(every)
    generator = np.random.default_rng(seed)
    largest = np.empty(permutations)
    for draw in range(permutations):
        orders = [np.arange(n), *(generator.permutation(n) for _ in range(texts - 1))]
        moved = np.stack([every[:, text, order] for text, order in enumerate(orders)], axis=1)
        largest[draw] = _pair_means(moved).max()

    def mean_partial(kept: np.ndarray) -> float:
        correlations = np.array([_partial(score, lexical, length, pair, kept) for pair in pairs])
        return float(fisher_z(correlations).mean())

    everyone = np.arange(n)
    partial = mean_partial(everyone)
    without = np.array([mean_partial(np.delete(everyone, left_out)) for left_out in everyone])
    bound = partial - special.stdtrit(n - 1, 0.95) * jackknife_error(without)
    return DescriptionAgreement(
        value=float(observed[0]),
        least_pair=float(min(every[0, a] @ every[0, b] for a, b in pairs)),
        by_layer=observed[1:],
        chance=float(np.quantile(largest, 0.95)),
        p=float((np.count_nonzero(largest >= observed[0]) + 1) / (permutations + 1)),
        partial=float(np.tanh(partial)),
        partial_low=float(np.tanh(bound)),
    )


def _unit(scores: FloatArray) -> FloatArray:
    """Centre over personas and scale to length 1; a text that gives all one cosine agrees with none."""
    centred = scores - scores.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    unit: FloatArray = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-12)
    return unit


def _pair_means(unit: FloatArray) -> FloatArray:
    """Mean correlation between pairs of texts, (..., T, N) to (...)."""
    texts = unit.shape[-2]
    products = unit @ np.swapaxes(unit, -1, -2)
    mean: FloatArray = (products.sum(axis=(-2, -1)) - np.trace(products, axis1=-2, axis2=-1)) / (
        texts * (texts - 1)
    )
    return mean


def _partial(
    score: FloatArray, lexical: FloatArray, length: FloatArray, pair: tuple[int, int], kept: np.ndarray
) -> float:
    texts = list(pair)
    given = np.column_stack([np.ones(kept.size), *lexical[texts][:, kept], *length[texts][:, kept]])
    columns = score[texts][:, kept].T
    residuals = columns - given @ np.linalg.lstsq(given, columns, rcond=None)[0]
    first, second = _unit(residuals.T)
    return float(first @ second)
