"""Consistency of a printed statistic with its printed table."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect
from pytest_claims.statistics.rounding import ConsistencyEstimate


@dataclass(frozen=True)
class WithinRounding:
    """Some table that is printed like the published one gives a statistic that is printed like its own.

    - supported: the attained range meets the interval of numbers printed like this
    - refuted: the possible range misses it
    - inconclusive: the two bounds leave it open

    This is arithmetic, not inference: there is no sampling and no error rate.
    """

    def __str__(self) -> str:
        return (
            "supported if some table within the printed rounding gives the printed number; refuted if it is "
            "proven that none does"
        )

    def decide(self, estimate: ConsistencyEstimate) -> Decision:
        """See :class:`WithinRounding` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (low, high) = expect(self, estimate, ConsistencyEstimate, "printed_low", "printed_high")
        printed = (low, high)
        if _meet(printed, estimate.inner):
            verdict = Verdict.SUPPORTED
        else:
            verdict = Verdict.INCONCLUSIVE if _meet(printed, estimate.outer) else Verdict.REFUTED
        return decision(verdict, estimate, printed)


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
