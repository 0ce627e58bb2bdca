"""Description of the sample at hand."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import decision, expect
from pytest_claims.statistics.description import Described


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

    def __str__(self) -> str:
        return f"describes this sample, infers nothing beyond it: {self.text}"

    def decide(self, estimate: Described) -> Decision:
        """See :class:`Description` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, _ = expect(self, estimate, Described)
        verdict = Verdict.SUPPORTED if estimate.holds else Verdict.REFUTED
        return decision(verdict, estimate, ())
