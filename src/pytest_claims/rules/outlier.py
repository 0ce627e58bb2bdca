"""A named unit as the outlier of a fit."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.residuals import OutlierEstimate


@dataclass(frozen=True)
class Outlier:
    """A named unit is the outlier of a fit.

    - supported: it lies farthest from the line, with Bonferroni-corrected p < alpha
    - refuted: another unit does
    - inconclusive: no unit is a significant outlier, or it shares its distance with another

    Parameters
    ----------
    label : the unit
    alpha : significance level; outliers have no direction, so half of the usual 0.05
    """

    label: str
    alpha: float = 0.025

    def __post_init__(self) -> None:
        check_level("alpha", self.alpha)

    def __str__(self) -> str:
        return (
            f"supported if {self.label} has the largest externally studentised residual, at Bonferroni "
            f"p < {self.alpha:g}; refuted if another unit has it, at the same level"
        )

    def decide(self, estimate: OutlierEstimate) -> Decision:
        """See :class:`Outlier` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (p,) = expect(self, estimate, OutlierEstimate, "p_value")
        if self.label not in estimate.labels:
            raise BrokenMeasurementError(f"expected {self.label} among {', '.join(estimate.labels)}")
        farthest = estimate.farthest or (estimate.label,)
        if p >= self.alpha:
            verdict = Verdict.INCONCLUSIVE
        elif self.label in farthest:
            verdict = Verdict.SUPPORTED if len(farthest) == 1 else Verdict.INCONCLUSIVE
        else:
            verdict = Verdict.REFUTED
        return decision(verdict, estimate, (self.alpha,))
