"""Rule for a number that is claimed to lie above a reference, by enough to be of interest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_claims.core.estimate import Estimate
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect


@dataclass(frozen=True)
class Above:
    """A number lies above a reference, such as an odds ratio above 1.

    - supported: its whole interval is above the reference
    - refuted: its whole interval is below the smallest value of interest, so that the number is at the
      reference, too near to it, or on its other side
    - inconclusive: neither

    Parameters
    ----------
    reference : value of no effect, in the units of the estimate
    smallest : smallest value of interest, above the reference

    Raises
    ------
    ValueError
        A number is not finite, or ``smallest`` not above ``reference``.
    """

    reference: float
    smallest: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.reference) and self.reference < self.smallest < math.inf):
            raise ValueError(
                f"smallest: expected a number above the reference {self.reference!r:.40}, got {self.smallest!r:.40}"
            )

    def __str__(self) -> str:
        return (
            f"supported if the 95% interval lies above {self.reference:g}; refuted if it lies below "
            f"{self.smallest:g}, the smallest value of interest"
        )

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`Above` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (low, high) = expect(self, estimate, Estimate, "ci_low", "ci_high")
        if low > self.reference:
            verdict = Verdict.SUPPORTED
        else:
            verdict = Verdict.REFUTED if high < self.smallest else Verdict.INCONCLUSIVE
        return decision(verdict, estimate, (self.reference, self.smallest))
