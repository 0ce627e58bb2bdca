"""Bounds on a number by its whole interval: no smaller than a bound, or within a margin around zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_claims.core.estimate import Estimate
from pytest_claims.core.regions import Region, refuted, supported
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect


@dataclass(frozen=True)
class AtLeast:
    """A number is no smaller than a bound.

    - supported: its whole interval is at or above the bound
    - refuted: its whole interval is below
    - inconclusive: the interval contains the bound

    Parameters
    ----------
    bound : in the units of the estimate
    """

    bound: float

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        return supported(low=self.bound), refuted(high=self.bound)

    def __str__(self) -> str:
        return f"supported if the 95% interval lies at or above {self.bound:g}; refuted if it lies below"

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`AtLeast` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (low, high) = expect(self, estimate, Estimate, "ci_low", "ci_high")
        if low >= self.bound:
            verdict = Verdict.SUPPORTED
        else:
            verdict = Verdict.REFUTED if high < self.bound else Verdict.INCONCLUSIVE
        return decision(verdict, estimate, (self.bound,))


@dataclass(frozen=True)
class Negligible:
    """An effect is smaller than a margin, whatever its sign.

    - supported: its whole interval lies within the margin around 0
    - refuted: its whole interval lies outside, on one side
    - inconclusive: neither

    Parameters
    ----------
    margin : in the units of the estimate, above 0

    Raises
    ------
    ValueError
        The margin is not a finite number above 0.
    """

    margin: float

    def __post_init__(self) -> None:
        if not 0 < self.margin < math.inf:
            raise ValueError(f"margin: expected a number above 0, got {self.margin!r:.40}")

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        within = self.margin
        return supported(-within, within), refuted(high=-within), refuted(low=within)

    def __str__(self) -> str:
        return (
            f"supported if the 95% interval lies within 0 +/- {self.margin:g}; "
            "refuted if it lies wholly outside"
        )

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`Negligible` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (low, high) = expect(self, estimate, Estimate, "ci_low", "ci_high")
        verdict = Verdict.INCONCLUSIVE
        if -self.margin < low and high < self.margin:
            verdict = Verdict.SUPPORTED
        elif low > self.margin or high < -self.margin:
            verdict = Verdict.REFUTED
        return decision(verdict, estimate, (-self.margin, self.margin))
