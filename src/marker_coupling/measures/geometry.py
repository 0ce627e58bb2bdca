"""Geometry of personas in a model's hidden states: centred cosines, per layer and wording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
#: Resamples at once, for memory: each weights the products of all pairs of questions.
_BLOCK = 100
#: Rounding error of a length that should be zero, relative to the subtracted mean, and of a squared length
#: that is a sum of cancelling products, relative to the largest.
_LENGTH_ROUNDING, _SQUARE_ROUNDING = 1e-12, 1e-13
_NOT_FINITE = "centroids: expected finite numbers"
_NO_DIRECTION = "a centroid equals the mean; its direction is undefined"


class DegenerateGeometryError(ValueError):
    """A centroid equals the mean, so its direction is undefined."""


def composite_layers(blocks: int) -> range:
    """Return the layers whose cosines are averaged: the upper half, fixed beforehand for every base model.

    They are ``hidden_states[k]`` with 2k above the number of blocks. In the lower half cosines follow the
    words of a prompt rather than its persona.
    """
    return range(blocks // 2 + 1, blocks + 1)


def centred_cosine(centroids: FloatArray, centring: Sequence[int]) -> NDArray[np.float64]:
    """Cosine similarity between centroids after removing a common mean.

    Parameters
    ----------
    centroids : (..., prompts, width) float
    centring : indices of the prompts whose mean is removed

    Returns
    -------
    (..., prompts, prompts) float in [-1, 1]

    Raises
    ------
    DegenerateGeometryError
        A centroid equals the mean, so its direction is undefined, or is not finite.
    """
    unit = centred_directions(centroids, centring)
    cosines: NDArray[np.float64] = np.clip(unit @ np.swapaxes(unit, -1, -2), -1, 1)
    return cosines


def centred_directions(centroids: FloatArray, centring: Sequence[int]) -> NDArray[np.float64]:
    """Directions of centroids from the mean of some of them.

    Parameters
    ----------
    centroids : (..., prompts, width) float
    centring : indices of the prompts whose mean is removed

    Returns
    -------
    (..., prompts, width) float, of length 1

    Raises
    ------
    DegenerateGeometryError
        A centroid equals the mean, so its direction is undefined, or is not finite.
    """
    points = np.asarray(centroids, dtype=np.float64)
    if not np.isfinite(points).all():
        raise DegenerateGeometryError(_NOT_FINITE)
    centred = points - points[..., list(centring), :].mean(axis=-2, keepdims=True)
    lengths = np.linalg.norm(centred, axis=-1, keepdims=True)
    if (lengths <= _LENGTH_ROUNDING * np.linalg.norm(points, axis=-1, keepdims=True)).any():
        raise DegenerateGeometryError(_NO_DIRECTION)
    unit: NDArray[np.float64] = centred / lengths
    return unit


def resampled_cosine(states: FloatArray, questions: FloatArray, to: Sequence[int]) -> NDArray[np.float64]:
    r"""Cosine similarity between centroids of resampled questions, after removing the mean of all prompts.

    Parameters
    ----------
    states : (..., prompts, questions, width) float
    questions : (resamples, questions) weights, which sum to one in each resample
    to : indices of the prompts with which all are compared

    Returns
    -------
    (resamples, ..., prompts, len(to)) float in [-1, 1]

    Raises
    ------
    DegenerateGeometryError
        A centroid of a resample equals the mean, so its direction is undefined, or is not finite.

    Notes
    -----
    With the deviation :math:`d_{pq}` of a prompt's state from the mean over prompts and the weights
    :math:`w_q`, the centred centroids are :math:`\sum_q w_q d_{pq}` and their products
    :math:`\sum_{qr} w_q w_r \langle d_{pq}, d_{p'r} \rangle`. All resamples share the inner products, so
    that the states' width is gone through once.
    """
    points = np.asarray(states)
    if not np.isfinite(points).all():
        raise DegenerateGeometryError(_NOT_FINITE)
    # The mean goes first: products of what all prompts have in common would drown the differences.
    deviations = points - points.mean(axis=-3, keepdims=True, dtype=np.float64)
    within = deviations @ np.swapaxes(deviations, -1, -2)  # (..., prompts, questions, questions)
    # (..., prompts, len(to), questions, questions)
    pairs = deviations[..., :, None, :, :] @ np.swapaxes(deviations[..., None, list(to), :, :], -1, -2)
    largest = np.einsum("...qq->...q", within).max(axis=-1)
    rounding = np.maximum(
        _SQUARE_ROUNDING * largest,
        _LENGTH_ROUNDING**2 * np.square(points, dtype=np.float64).sum(axis=-1).max(axis=-1),
    )
    blocks = []
    for start in range(0, len(questions), _BLOCK):
        weights = questions[start : start + _BLOCK]
        squares = _weigh(within, weights)
        if (squares <= rounding).any():
            raise DegenerateGeometryError(_NO_DIRECTION)
        lengths = np.sqrt(squares)
        products = _weigh(pairs, weights)
        blocks.append(products / (lengths[..., :, None] * lengths[..., None, list(to)]))
    cosines: NDArray[np.float64] = np.clip(np.concatenate(blocks), -1, 1)
    return cosines


def _weigh(products: FloatArray, weights: FloatArray) -> FloatArray:
    """Sum products of pairs of questions with both questions' weights.

    Parameters
    ----------
    products : (..., questions, questions)
    weights : (resamples, questions)

    Returns
    -------
    (resamples, ...) float
    """
    # Many small products: quick, and no library starts threads for them.
    summed: FloatArray = np.einsum("...bq,bq->b...", weights @ products, weights)
    return summed
