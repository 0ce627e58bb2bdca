"""A lower bound on a number."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.estimate import Estimate
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

    def __str__(self) -> str:
        return f"supported if the 95% interval lies at or above {self.bound:g}; refuted if it lies below"

    def decide(self, estimate: Estimate) -> Decision:
        """See :class:`AtLeast` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate = expect(self, estimate, Estimate, "ci_low", "ci_high")
        assert estimate.ci_low is not None
        assert estimate.ci_high is not None
        if estimate.ci_low >= self.bound:
            verdict = Verdict.SUPPORTED
        else:
            verdict = Verdict.REFUTED if estimate.ci_high < self.bound else Verdict.INCONCLUSIVE
        return decision(verdict, estimate, (self.bound,))
