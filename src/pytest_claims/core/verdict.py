"""Decision rules: printable values that turn an estimate into a decision, with one of three verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from pytest_claims.core.estimate import Estimate, as_number, range_faults
from pytest_claims.core.regions import Region, regions_of

#: No verdict, and no fault of the measurement: the instrument tells nothing here.
UNINFORMATIVE = "uninformative"


class Verdict(StrEnum):
    """A rule's answer to an estimate."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Decision:
    """A verdict, the estimate that it rests on, and why.

    Parameters
    ----------
    estimate : its value, interval and p-value decide, and are shown to people
    needed_n : units with which the smallest effect of interest would be found with 80% power, whatever the
        estimate is; ``None`` where the rule does not plan, or where no number that people could have would do
    thresholds : numbers that the estimate's were compared with; these are written with enough digits to show
        on which side they lie
    regions : of the effect axis, in which a whole interval has a verdict; for drawings. Empty where they are
        the rule's own ``regions``, or where the verdict does not come from the interval
    registration : digest of the registration that fixed the rule; empty where there is none

    Raises
    ------
    TypeError, ValueError
        The verdict is none of the three, the estimate is no estimate, ``needed_n`` no whole number from 0, or
        the registration no text.
    """

    verdict: Verdict
    estimate: Estimate
    reason: str
    needed_n: int | None = None
    thresholds: tuple[float, ...] = ()
    regions: tuple[Region, ...] = ()
    registration: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "regions", regions_of(self.regions))
        object.__setattr__(self, "verdict", Verdict(self.verdict))
        if not isinstance(self.estimate, Estimate):
            raise TypeError(f"estimate: expected an Estimate, got {self.estimate!r:.80}")
        if not isinstance(self.registration, str):
            raise TypeError(f"registration: expected a string, got {self.registration!r:.80}")
        if self.needed_n is not None:
            needed = as_number(self.needed_n)
            if needed is None or range_faults({"needed_n": needed}):
                raise ValueError(f"needed_n: expected a whole number from 0, got {self.needed_n!r:.80}")


@runtime_checkable
class Rule(Protocol):
    """A decision rule, fixed before the evidence is seen; ``str(rule)`` is its printable form.

    A significance level ``alpha`` is two-sided. A rule without a direction takes half of it, so that under
    no effect every rule says "supported" in at most 2.5% of samples at the default levels. Where the p-value
    that is shown is compared with another level than ``alpha``, the rule has that one as ``p_level``. A rule
    that infers nothing has the kind of the claims that it decides as ``implied_kind``. A rule that decides by
    the interval has the regions of its verdicts as ``regions``, for drawings. The interval that its printable
    form speaks of is of the level ``ci_level``, or of 95%.
    """

    def decide(self, estimate: Any) -> Decision:
        """Return the verdict on an estimate, with its reason.

        Raises
        ------
        TypeError
            The estimate is not of the kind that the rule decides on.
        BrokenMeasurementError
            A number that the rule needs is missing or not finite, or any number of the estimate is NaN.
        """
