"""Is a named unit the one that does not fit?"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.numbers import estimate_text
from pytest_claims.rules.rule import check_level, expect, reason_of
from pytest_claims.statistics.residuals import OutlierEstimate
from pytest_claims.verdict import BrokenMeasurementError, Decision, Verdict


@dataclass(frozen=True)
class Outlier:
    """A named unit is the outlier of a fit.

    - supported: it lies farthest from the line, with Bonferroni-corrected p < alpha
    - refuted: another unit does
    - inconclusive: no unit is a significant outlier

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
        found = expect(self, estimate, OutlierEstimate, "p_value")
        assert found.p_value is not None
        if self.label not in found.labels:
            raise BrokenMeasurementError(f"expected {self.label} among {', '.join(found.labels)}")
        if found.p_value >= self.alpha:
            verdict = Verdict.INCONCLUSIVE
        else:
            verdict = Verdict.SUPPORTED if found.label == self.label else Verdict.REFUTED
        return Decision(verdict, found, reason_of(found, estimate_text(found)))
