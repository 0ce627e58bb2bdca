"""Equivalence of an effect to zero, within a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_claims.core.estimate import Estimate
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect


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

    def __str__(self) -> str:
        return (
            f"supported if the 95% interval lies within 0 +/- {self.margin:g}; "
            "refuted if it lies wholly outside"
        )

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`Negligible` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate = expect(self, estimate, Estimate, "ci_low", "ci_high")
        assert estimate.ci_low is not None
        assert estimate.ci_high is not None
        verdict = Verdict.INCONCLUSIVE
        if -self.margin < estimate.ci_low and estimate.ci_high < self.margin:
            verdict = Verdict.SUPPORTED
        elif estimate.ci_low > self.margin or estimate.ci_high < -self.margin:
            verdict = Verdict.REFUTED
        return decision(verdict, estimate, (-self.margin, self.margin))
