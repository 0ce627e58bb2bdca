"""Rules on single units: the outlier of a fit, and the units at one end apart from the rest."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.numbers import p_text
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.residuals import OutlierEstimate
from pytest_claims.statistics.separation import SeparationEstimate


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


@dataclass(frozen=True)
class Separation:
    """All units of a group lie on the claimed side, beyond chance.

    - supported: all do, and the exact one-sided p is at most alpha / 2
    - refuted: so few do that chance gives as few or fewer in at most alpha / 2
    - inconclusive: neither

    Parameters
    ----------
    alpha : two-sided significance level; the exact test is one-sided, so half of it is used
    """

    alpha: float = 0.05

    def __post_init__(self) -> None:
        check_level("alpha", self.alpha)

    @property
    def p_level(self) -> float:
        """Level of the one-sided test."""
        return self.alpha / 2

    def __str__(self) -> str:
        half = f"{self.alpha / 2:g}"
        return (
            f"supported if all of the group lie on the claimed side with exact p <= {half} (hypergeometric); "
            f"refuted if so few or fewer have p <= {half}"
        )

    def decide(self, estimate: SeparationEstimate) -> Decision:
        """See :class:`Separation` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (p, p_opposite) = expect(self, estimate, SeparationEstimate, "p_value", "p_opposite")
        level = self.alpha / 2
        if estimate.value == 1 and p <= level:
            return decision(Verdict.SUPPORTED, estimate, (1.0, level))
        if p_opposite <= level:
            return decision(Verdict.REFUTED, estimate.against_the_claim(), (1.0, level))
        also = f", of so few or fewer p = {p_text(p_opposite, (level,))}"
        return decision(Verdict.INCONCLUSIVE, estimate, (1.0, level), after=also)
