"""The stronger of two correlations that share a column."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.dependent import DependentComparison


@dataclass(frozen=True)
class DependentCorrelations:
    """The first predictor's correlation is farther from 0 than the second's.

    - supported: it is, at p < alpha
    - refuted: it is nearer to 0, at p < alpha
    - inconclusive: neither

    Parameters
    ----------
    stronger, weaker : names of the predictors
    alpha : two-sided significance level
    """

    stronger: str
    weaker: str
    alpha: float = 0.05

    def __post_init__(self) -> None:
        check_level("alpha", self.alpha)

    def __str__(self) -> str:
        return (
            f"supported if |r| of {self.stronger} > |r| of {self.weaker} and p < {self.alpha:g} "
            f"(Williams' t); refuted if < and p < {self.alpha:g}"
        )

    def decide(self, estimate: DependentComparison) -> Decision:
        """See :class:`DependentCorrelations` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (p,) = expect(self, estimate, DependentComparison, "p_value")
        if p >= self.alpha or estimate.value == 0:
            verdict = Verdict.INCONCLUSIVE
        else:
            verdict = Verdict.SUPPORTED if estimate.value > 0 else Verdict.REFUTED
        return decision(verdict, estimate, (0.0, self.alpha))
