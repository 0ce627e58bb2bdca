"""Rules on correlations: the direction or smallness of one, and the stronger of two that share a column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pytest_claims.core.estimate import CorrelationEstimate
from pytest_claims.core.numbers import number_text, p_text
from pytest_claims.core.regions import Region, negligible, refuted, supported
from pytest_claims.core.verdict import Decision, Verdict
from pytest_claims.rules.decision import check_level, decision, expect
from pytest_claims.statistics.dependent import DependentComparison
from pytest_claims.statistics.power import n_for_power

Direction = Literal["negative", "positive"]


@dataclass(frozen=True)
class Correlation:
    """A correlation in the claimed direction, at the claimed significance.

    - supported: it has the claimed direction and p < alpha; if the measurement was resampled, the interval
      over resamples is all on the claimed side. It says *small* where the interval excludes every effect in
      that direction that is at least ``smallest_effect``
    - refuted: the interval excludes every effect in the claimed direction that is at least
      ``smallest_effect``, or the opposite direction is significant
    - inconclusive: neither

    Parameters
    ----------
    direction : of the claimed correlation
    alpha : two-sided significance level
    smallest_effect : smallest absolute correlation of interest
    """

    direction: Direction
    alpha: float = 0.05
    smallest_effect: float = 0.3

    def __post_init__(self) -> None:
        if self.direction not in ("negative", "positive"):
            raise ValueError(f"direction: expected 'negative' or 'positive', got {self.direction!r}")
        check_level("alpha", self.alpha)
        check_level("smallest_effect", self.smallest_effect)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        smallest = self.smallest_effect
        if self.direction == "negative":
            sides = supported(high=0.0), refuted(low=-smallest)
        else:
            sides = supported(low=0.0), refuted(high=smallest)
        return (*sides, negligible(-smallest, smallest))

    def __str__(self) -> str:
        claimed, opposite = ("<", ">") if self.direction == "negative" else (">", "<")
        bound = f"{'-' if self.direction == 'negative' else ''}{self.smallest_effect:g}"
        return (
            f"supported if r {claimed} 0 and p < {self.alpha:g}; refuted if the 95% interval excludes "
            f"r {claimed}= {bound}, or r {opposite} 0 and p < {self.alpha:g}"
        )

    def decide(self, estimate: CorrelationEstimate) -> Decision:
        """See :class:`Correlation` and :meth:`pytest_claims.rules.Rule.decide`."""
        needed_fields = ("ci_low", "ci_high", "p_value")
        estimate, (low, high, p) = expect(self, estimate, CorrelationEstimate, *needed_fields)
        sign = -1.0 if self.direction == "negative" else 1.0
        effect, significant = sign * estimate.value, p < self.alpha
        largest_claimed = max(sign * low, sign * high)
        thresholds = (0.0, self.alpha, sign * self.smallest_effect)
        is_small = largest_claimed < self.smallest_effect
        if effect > 0 and significant:
            ends = (estimate.resampled_low, estimate.resampled_high)
            if all(end is None or sign * end > 0 for end in ends):
                small = f"small, |r| below {number_text(self.smallest_effect)}: " if is_small else ""
                return decision(Verdict.SUPPORTED, estimate, thresholds, before=small)
            doubt = ", but resampling crosses zero"
            return decision(Verdict.INCONCLUSIVE, _resampling_alone(estimate), thresholds, after=doubt)
        if effect < 0 and significant:
            return decision(Verdict.REFUTED, estimate, thresholds, before="the opposite is significant: ")
        if is_small:
            excluded = (
                f"the interval excludes every {self.direction} effect of {self.smallest_effect:g} or more: "
            )
            return decision(Verdict.REFUTED, estimate, thresholds, before=excluded)
        needed, plan = self._needed()
        undecided = decision(Verdict.INCONCLUSIVE, estimate, thresholds, after=f"; {plan}")
        return replace(undecided, needed_n=needed)

    def _needed(self) -> tuple[int | None, str]:
        # Power at the observed estimate is the p-value said otherwise (Hoenig and Heisey 2001): no plan.
        needed = n_for_power(self.smallest_effect, 0.8, self.alpha)
        n = "over ten million" if needed is None else f"{needed}"
        effect = number_text(self.smallest_effect)
        return (
            needed,
            f"80% power for the smallest effect of interest (|r| = {effect}) at p < {p_text(self.alpha)} "
            f"needs N = {n}",
        )


@dataclass(frozen=True)
class LooselyRelated:
    """Two things share so little that one cannot stand for the other.

    - supported: the whole interval of r lies within the bound
    - refuted: it lies wholly outside
    - inconclusive: neither

    No effect is what is claimed here; the error to fear is "supported" where the correlation is at the bound
    or beyond.

    Parameters
    ----------
    bound : largest absolute correlation that is still loose; at 0.7 half of the variance is shared
    """

    bound: float = 0.7

    def __post_init__(self) -> None:
        check_level("bound", self.bound)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        return supported(-self.bound, self.bound), refuted(high=-self.bound), refuted(low=self.bound)

    def __str__(self) -> str:
        return (
            f"supported if the 95% interval of r lies within -{self.bound:g} to {self.bound:g}; "
            "refuted if it lies wholly outside"
        )

    def decide(self, estimate: CorrelationEstimate) -> Decision:
        """See :class:`LooselyRelated` and :meth:`pytest_claims.rules.Rule.decide`."""
        estimate, (low, high) = expect(self, estimate, CorrelationEstimate, "ci_low", "ci_high")
        if -self.bound < low and high < self.bound:
            verdict = Verdict.SUPPORTED
        elif low >= self.bound or high <= -self.bound:
            verdict = Verdict.REFUTED
        else:
            verdict = Verdict.INCONCLUSIVE
        return decision(verdict, estimate, (-self.bound, self.bound))


def _resampling_alone(estimate: CorrelationEstimate) -> CorrelationEstimate:
    """Return the estimate with the interval over resamples, where that one decides."""
    statistic = f"{estimate.statistic} (interval: resampling of the measurement alone)"
    return replace(
        estimate, statistic=statistic, ci_low=estimate.resampled_low, ci_high=estimate.resampled_high
    )


@dataclass(frozen=True)
class DependentCorrelations:
    """The first predictor's correlation is farther from 0 than the second's.

    - supported: it is, at p < alpha, and the interval of the difference lies above 0
    - refuted: it is nearer to 0, at p < alpha, and the interval lies below 0
    - inconclusive: neither, or one of the two says so and the other does not

    Williams' t takes the columns for normal; where the interval is a bootstrap's
    (:func:`pytest_claims.statistics.with_bootstrap_interval`), both have to agree.

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

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of the effect axis in which a whole interval has a verdict."""
        return supported(low=0.0), refuted(high=0.0)

    def __str__(self) -> str:
        return (
            f"supported if |r| of {self.stronger} > |r| of {self.weaker} at p < {self.alpha:g} (Williams' t) "
            f"and by the whole 95% interval; refuted if < at p < {self.alpha:g} and by the whole interval"
        )

    def decide(self, estimate: DependentComparison) -> Decision:
        """See :class:`DependentCorrelations` and :meth:`pytest_claims.rules.Rule.decide`."""
        needed_fields = ("p_value", "ci_low", "ci_high")
        estimate, (p, low, high) = expect(self, estimate, DependentComparison, *needed_fields)
        verdict = Verdict.INCONCLUSIVE
        if p < self.alpha and estimate.value > 0 and low > 0:
            verdict = Verdict.SUPPORTED
        elif p < self.alpha and estimate.value < 0 and high < 0:
            verdict = Verdict.REFUTED
        return decision(verdict, estimate, (0.0, self.alpha))
