"""The three verdicts, and the errors that stand where no verdict can."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pytest_claims.estimate import Estimate


class Verdict(StrEnum):
    """What a rule makes of an estimate."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Decision:
    """A verdict, the estimate that it rests on, and why.

    Parameters
    ----------
    estimate : the one whose value, interval and p-value decide, which people are shown
    needed_n : units with which an effect such as this would be found with 80% power; ``None`` where the rule
        does not plan, or where no number that people could have would do
    thresholds : what the estimate's numbers were compared with; they are written with as many digits as it
        takes to see on which side they lie
    """

    verdict: Verdict
    estimate: Estimate
    reason: str
    needed_n: int | None = None
    thresholds: tuple[float, ...] = ()


class BrokenMeasurementError(ValueError):
    """The numbers cannot carry a verdict: NaN, a constant column, too few or mismatched units."""


class UninformativeMeasurementError(BrokenMeasurementError):
    """The instrument works but tells nothing here, for example because its reliability is too low."""
