"""Heterogeneity of several rates."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.contingency import ContingencyEstimate


@dataclass(frozen=True)
class Heterogeneity:
    """Several rates are not one rate.

    - supported: chi-square at p < alpha
    - refuted: the 95% interval of Cramer's V ends below the smallest effect of interest
    - inconclusive: neither

    The decision shows Cramer's V, whose interval decides, with chi-square's p-value.

    Parameters
    ----------
    alpha : significance level; the test has no direction, so half of the usual 0.05
    smallest_effect : Cramer's V; 0.1 is Cohen's "small"
    """

    alpha: float = 0.025
    smallest_effect: float = 0.1

    def __post_init__(self) -> None:
        check_level("alpha", self.alpha)
        check_level("smallest_effect", self.smallest_effect)

    def __str__(self) -> str:
        return (
            f"supported if chi-square has p < {self.alpha:g}; refuted if the 95% interval of Cramer's V ends "
            f"below {self.smallest_effect:g}"
        )

    def decide(self, estimate: ContingencyEstimate) -> Decision:
        """See :class:`Heterogeneity` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (p, v_high) = expect(self, estimate, ContingencyEstimate, "p_value", "v_high")
        if p < self.alpha:
            verdict = Verdict.SUPPORTED
        elif v_high < self.smallest_effect:
            verdict = Verdict.REFUTED
        else:
            verdict = Verdict.INCONCLUSIVE
        return decision(verdict, estimate.effect(), (self.alpha, self.smallest_effect))
