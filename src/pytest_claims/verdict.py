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
    """A verdict, the estimate that it rests on, and why."""

    verdict: Verdict
    estimate: Estimate
    reason: str


class BrokenMeasurementError(ValueError):
    """The numbers cannot carry a verdict: NaN, a constant column, too few or mismatched units."""


class UninformativeMeasurementError(BrokenMeasurementError):
    """The instrument works but tells nothing here, for example because its reliability is too low."""
