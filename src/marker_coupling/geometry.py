"""Where personas lie in a model's representation: centred cosines, per layer and wording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


class DegenerateGeometryError(ValueError):
    """A centroid equals the mean, so its direction is undefined."""


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
    points = np.asarray(centroids, dtype=np.float64)
    if not np.isfinite(points).all():
        raise DegenerateGeometryError("centroids: expected finite numbers")
    centred = points - points[..., list(centring), :].mean(axis=-2, keepdims=True)
    lengths = np.linalg.norm(centred, axis=-1, keepdims=True)
    # Subtraction leaves rounding errors where the difference should be nothing.
    if (lengths <= 1e-12 * np.linalg.norm(points, axis=-1, keepdims=True)).any() or (lengths == 0).any():
        raise DegenerateGeometryError("a centroid equals the mean; its direction is undefined")
    unit = centred / lengths
    cosines: NDArray[np.float64] = np.clip(unit @ np.swapaxes(unit, -1, -2), -1, 1)
    return cosines


def mean_distance_to_others(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of one less the cosine to all other personas.

    Parameters
    ----------
    cosines : (..., personas, personas), without the assistant

    Returns
    -------
    (..., personas) float in [0, 2]
    """
    n = cosines.shape[-1]
    distance = (1 - cosines) * ~np.eye(n, dtype=bool)
    mean: NDArray[np.float64] = distance.sum(axis=-1) / (n - 1)
    return mean
