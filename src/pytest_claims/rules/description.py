"""Rules that infer nothing: a description of the sample, and a printed statistic against its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_claims.core.kind import Kind
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect
from pytest_claims.statistics.description import Described
from pytest_claims.statistics.rounding import ConsistencyEstimate


@dataclass(frozen=True)
class Description:
    """A statement about the numbers at hand holds of them; nothing beyond them is inferred.

    - supported: it holds
    - refuted: it does not

    There is no third verdict and no error rate, since nothing is estimated.

    Parameters
    ----------
    text : the statement in symbols
    """

    text: str
    implied_kind: ClassVar[Kind] = Kind.DESCRIPTION

    def __str__(self) -> str:
        return f"describes this sample, infers nothing beyond it: {self.text}"

    def decide(self, estimate: Described) -> Decision:
        """See :class:`Description` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, _ = expect(self, estimate, Described)
        verdict = Verdict.SUPPORTED if estimate.holds else Verdict.REFUTED
        return decision(verdict, estimate, ())


@dataclass(frozen=True)
class WithinRounding:
    """Some table that is printed like the published one gives a statistic that is printed like its own.

    - supported: the attained range meets the interval of numbers printed like this
    - refuted: the possible range misses it
    - inconclusive: the two bounds leave it open

    This is arithmetic, not inference: there is no sampling and no error rate.
    """

    implied_kind: ClassVar[Kind] = Kind.ARITHMETIC

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
