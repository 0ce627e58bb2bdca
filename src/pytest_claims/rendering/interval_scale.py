"""The scale on which an estimate and its interval are drawn."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from pytest_claims.core.regions import Region
from pytest_claims.ledger.ledger import Entry

_MOST_TICKS = 5


@dataclass(frozen=True)
class Scale:
    """A stretch of the number line, with round ticks.

    Parameters
    ----------
    low, high : ends
    ticks : between the ends, ends included
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return the position of a value: 0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def scale_of(entries: Collection[Entry]) -> Scale | None:
    """Return a scale for several judgements of a claim, so that their estimates can be compared.

    What lies between 0 and 1, as a share does, is drawn from 0 to 1; what lies between -1 and 1, as a
    correlation does, from -1 to 1; anything else between round numbers. Zero is always on the scale, and
    so are the bounds of the claim's rule, unless they lie far off.

    Returns
    -------
    Scale, or ``None`` where there is no estimate, or none that can be drawn
    """
    values = [
        value
        for entry in entries
        if entry.estimate is not None
        for value in (entry.estimate, entry.ci_low, entry.ci_high)
        if value is not None
    ]
    if not values:
        return None
    # Bounds that lie far off would leave no room for the estimates.
    reach = 3 * max(map(abs, values))
    bounds = {end for entry in entries for region in entry.regions for end in region.ends}
    values += [bound for bound in bounds if abs(bound) <= max(reach, 1.0)]
    low, high = min(0.0, *values), max(0.0, *values)
    if low >= -1 and high <= 1:
        return Scale(0.0, 1.0, (0.0, 0.5, 1.0)) if low == 0 else Scale(-1.0, 1.0, (-1.0, -0.5, 0.0, 0.5, 1.0))
    step = _round_step(low, high)
    if not (math.isfinite(step) and step > 0):
        return None
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = tuple(index * step for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks) if math.isfinite(ticks[-1] - ticks[0]) else None


def band_of(region: Region, scale: Scale) -> tuple[float, float] | None:
    """Return the ends of a region as far as it is on a scale; ``None`` for one that lies outside of it."""
    low, high = max(region.low, scale.low), min(region.high, scale.high)
    return (low, high) if low < high else None


def _round_step(low: float, high: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, such that few ticks span the values."""
    rough = (high - low) / (_MOST_TICKS - 1)
    if not math.isfinite(rough):
        return math.nan
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
