"""Rule for a number that is claimed to lie above a reference, by enough to be of interest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_claims.core.estimate import Estimate
from pytest_claims.core.numbers import number_text
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect


@dataclass(frozen=True)
class Above:
    """A number lies above a reference, such as an odds ratio above 1.

    - supported: its whole interval is above the reference; if a level is given, at p below it. It says
      *small* where that interval is also below the smallest value of interest
    - refuted: its whole interval is below the smallest value of interest, so that the number is at the
      reference, too near to it, or on its other side
    - inconclusive: neither

    Parameters
    ----------
    reference : value of no effect, in the units of the estimate
    smallest : smallest value of interest, above the reference
    alpha : two-sided significance level, where a test of its own has to agree with the interval

    Raises
    ------
    ValueError
        A number is not finite, ``smallest`` not above ``reference``, or the level not between 0 and 1.
    """

    reference: float
    smallest: float
    alpha: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.reference) and self.reference < self.smallest < math.inf):
            expected = f"a number above the reference {self.reference!r:.40}"
            raise ValueError(f"smallest: expected {expected}, got {self.smallest!r:.40}")
        if self.alpha is not None:
            check_level("alpha", self.alpha)

    def __str__(self) -> str:
        significant = "" if self.alpha is None else f" and p < {self.alpha:g}"
        return (
            f"supported if the 95% interval lies above {self.reference:g}{significant}; refuted if it lies "
            f"below {self.smallest:g}, the smallest value of interest"
        )

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`Above` and :meth:`pytest_claims.rules.Rule.decide`."""
        needed = ("ci_low", "ci_high") if self.alpha is None else ("ci_low", "ci_high", "p_value")
        estimate, (low, high, *p) = expect(self, estimate, Estimate, *needed)
        thresholds = (self.reference, self.smallest, *([] if self.alpha is None else [self.alpha]))
        verdict, is_small, before = Verdict.INCONCLUSIVE, high < self.smallest, ""
        if low > self.reference and (self.alpha is None or p[0] < self.alpha):
            verdict = Verdict.SUPPORTED
            if is_small:
                before = f"small, below {number_text(self.smallest)}, the smallest value of interest: "
        elif is_small:
            verdict = Verdict.REFUTED
        return decision(verdict, estimate, thresholds, before)
