"""Verdict on a hypothesis: direction by the test, size by the interval of the true correlation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from marker_coupling.analysis.correlations.true_correlation import TrueCorrelation

#: The smallest absolute correlation of true scores that is of interest.
SMALLEST_EFFECT = 0.3


class Verdict(StrEnum):
    """Conclusion on a hypothesis."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


class Kind(StrEnum):
    """Qualifier of a verdict."""

    NONE = ""
    SMALL = "small"
    OPPOSITE = "opposite"
    TOO_SMALL = "too small"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Decision:
    """A verdict, its kind and the reason.

    Parameters
    ----------
    verdict, kind : see :class:`Verdict` and :class:`Kind`
    reason : one sentence
    """

    verdict: Verdict
    kind: Kind
    reason: str


def decide(*, p_claimed: float, p_opposite: float, level: float, true: TrueCorrelation | None) -> Decision:
    """Decide on one hypothesis.

    Parameters
    ----------
    p_claimed, p_opposite : one-sided p in the claimed and in the opposite direction
    level : one-sided level that the hypothesis has; 0 where the sequence did not reach it
    true : correlation of true scores with its interval; ``None`` where a reliability is unknown, as with one
        seed: then no effect is called too small, nor small

    Notes
    -----
    - supported: p in the claimed direction is at most the level; *small* if the whole interval lies inside
      the bounds
    - refuted, *opposite*: p in the opposite direction is at most the level
    - refuted, *too small*: the interval excludes every correlation of at least `SMALLEST_EFFECT` in size
    - inconclusive: none of these
    """
    inside = true is not None and true.low > -SMALLEST_EFFECT and true.high < SMALLEST_EFFECT
    interval = ""
    if true is not None:
        interval = f"; true r {true.value:.2f}, {true.level:.0%} interval {true.low:.2f} to {true.high:.2f}"
    if p_claimed <= level:
        size = Kind.SMALL if inside else Kind.NONE
        return Decision(Verdict.SUPPORTED, size, f"p = {p_claimed:.2g}, one-sided{interval}")
    if p_opposite <= level:
        reason = f"p = {p_opposite:.2g}, one-sided, against the claim{interval}"
        return Decision(Verdict.REFUTED, Kind.OPPOSITE, reason)
    if inside:
        reason = f"the interval excludes |r| >= {SMALLEST_EFFECT:g}{interval}"
        return Decision(Verdict.REFUTED, Kind.TOO_SMALL, reason)
    if level == 0:
        reason = f"a hypothesis before it in the sequence was not supported{interval}"
        return Decision(Verdict.INCONCLUSIVE, Kind.NOT_REACHED, reason)
    return Decision(Verdict.INCONCLUSIVE, Kind.NONE, f"p = {p_claimed:.2g}, one-sided{interval}")
