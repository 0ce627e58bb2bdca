"""Regions of the effect axis that a rule's verdicts come from, for drawings and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RegionKind(StrEnum):
    """A kind of region.

    - supported, refuted: an interval that lies wholly in it goes with this verdict; a p-value may decide
    - negligible: effects below the smallest one of interest
    """

    SUPPORTED = "supported"
    REFUTED = "refuted"
    NEGLIGIBLE = "negligible"


REGION_KINDS = tuple(kind.value for kind in RegionKind)


@dataclass(frozen=True)
class Region:
    """A region of the effect axis.

    Parameters
    ----------
    kind : one of :class:`RegionKind`
    low, high : ends in the units of the estimate, infinite where it has none

    Raises
    ------
    ValueError
        The kind is none, or the ends are NaN or not in this order.
    """

    kind: str
    low: float
    high: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", RegionKind(self.kind).value)
        if not self.low < self.high:
            raise ValueError(f"region: expected ends in order, got {self.low!r} and {self.high!r}")

    @property
    def ends(self) -> tuple[float, ...]:
        """The finite ends."""
        return tuple(end for end in (self.low, self.high) if math.isfinite(end))


def supported(low: float = -math.inf, high: float = math.inf) -> Region:
    """Return the region in which a whole interval supports the claim."""
    return Region(RegionKind.SUPPORTED, low, high)


def refuted(low: float = -math.inf, high: float = math.inf) -> Region:
    """Return a region in which a whole interval refutes the claim."""
    return Region(RegionKind.REFUTED, low, high)


def negligible(low: float = -math.inf, high: float = math.inf) -> Region:
    """Return the region of effects below the smallest one of interest."""
    return Region(RegionKind.NEGLIGIBLE, low, high)


def region_text(region: Region) -> str:
    """Write a region with every bit: ``supported -inf 0.0``."""
    return f"{region.kind} {float(region.low)!r} {float(region.high)!r}"


def region_of_text(text: str) -> Region | None:
    """Return the region that :func:`region_text` wrote; ``None`` for any other text."""
    parts = text.split()
    if len(parts) != 3 or parts[0] not in REGION_KINDS:
        return None
    try:
        return Region(parts[0], float(parts[1]), float(parts[2]))
    except ValueError:
        return None


def regions_of(given: object) -> tuple[Region, ...]:
    """Return the regions among what a rule names; a rule of another project may have anything there."""
    return (
        tuple(region for region in given if isinstance(region, Region)) if isinstance(given, Iterable) else ()
    )
