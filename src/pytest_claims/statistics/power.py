"""Power of a correlation test, and the number of units that it needs."""

from __future__ import annotations

import bisect
import math

from scipy import special

_LARGEST_N = 10_000_000


def power_of_correlation(r: float, n: int, alpha: float = 0.05) -> float:
    """Return the chance that a two-sided test at ``alpha`` finds a true correlation r with n units.

    Cohen's approximation with the bias term of Fisher's z, as ``pwr.r.test`` of the R package *pwr*.

    Raises
    ------
    ValueError
        r is not in (-1, 1), n < 4, or alpha is not in (0, 1).
    """
    if not -1 < r < 1 or n < 4 or not 0 < alpha < 1:
        raise ValueError(f"expected -1 < r < 1, n >= 4 and 0 < alpha < 1, got r={r}, n={n}, alpha={alpha}")
    t = float(special.stdtrit(n - 2, 1 - alpha / 2))
    critical_z = math.atanh(math.sqrt(t * t / (t * t + n - 2)))
    z = math.atanh(abs(r)) + abs(r) / (2 * (n - 1))
    scale = math.sqrt(n - 3)
    return float(special.ndtr((z - critical_z) * scale) + special.ndtr((-z - critical_z) * scale))


def n_for_power(r: float, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """Return the smallest n at which a true correlation r is found with the given power.

    Returns
    -------
    int, or ``None`` where r is so small that ten million units would not do

    Raises
    ------
    ValueError
        The power is not in (0, 1), or as :func:`power_of_correlation`.
    """
    if not 0 < power < 1:
        raise ValueError(f"expected 0 < power < 1, got {power}")
    if abs(r) >= 1:
        return 4
    if r == 0 or power_of_correlation(r, _LARGEST_N, alpha) < power:
        return None
    sizes = range(4, _LARGEST_N)
    return sizes.start + bisect.bisect_left(sizes, power, key=lambda n: power_of_correlation(r, n, alpha))
