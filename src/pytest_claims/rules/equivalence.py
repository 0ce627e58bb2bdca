"""Are rates what they were said to be?"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_claims.numbers import estimate_text
from pytest_claims.rules.rule import check_level, expect, reason_of
from pytest_claims.statistics.proportions import RatesEstimate
from pytest_claims.verdict import BrokenMeasurementError, Decision, Verdict


@dataclass(frozen=True)
class RateEquivalence:
    """Every rate lies within a margin of a target.

    - supported: the interval of every rate lies within the margin, all intervals holding together
    - refuted: the interval of some rate lies wholly outside
    - inconclusive: neither

    As with any equivalence test, the error to fear is "supported" where a rate is at the margin or beyond.

    Parameters
    ----------
    target : the rate
    margin : how far from it is still the same
    """

    target: float
    margin: float = 0.1

    def __post_init__(self) -> None:
        check_level("target", self.target)
        check_level("margin", self.margin)

    def __str__(self) -> str:
        return (
            f"supported if every rate's interval (95% together) lies within {self.target:.3g} +/- "
            f"{self.margin:g}; refuted if one lies wholly outside"
        )

    def decide(self, estimate: RatesEstimate) -> Decision:
        """See :class:`RateEquivalence` and :meth:`pytest_claims.rules.Rule.decide`."""
        found = expect(self, estimate, RatesEstimate)
        if not found.labels:
            raise BrokenMeasurementError("expected at least one rate")
        low, high = self.target - self.margin, self.target + self.margin
        intervals = list(zip(found.labels, found.rates, found.lows, found.highs, strict=True))
        outside = [f"{label} ({rate:.0%})" for label, rate, a, b in intervals if b < low or a > high]
        text = reason_of(found, estimate_text(found))
        if outside:
            return Decision(Verdict.REFUTED, found, f"outside the margin: {', '.join(outside)}; {text}")
        if all(low <= a and b <= high for _, _, a, b in intervals):
            return Decision(Verdict.SUPPORTED, found, text)
        return Decision(Verdict.INCONCLUSIVE, found, text)
