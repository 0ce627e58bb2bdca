"""What every rule is, and how a rule reads the estimate it was made for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, runtime_checkable

from pytest_claims.core.estimate import Estimate
from pytest_claims.core.numbers import estimate_text
from pytest_claims.core.verdict import BrokenMeasurementError, Decision, Verdict


@runtime_checkable
class Rule(Protocol):
    """A decision rule, fixed before the evidence is seen; ``str(rule)`` is its printable form.

    A significance level ``alpha`` is two-sided. A rule without a direction takes half of it, so that under
    no effect every rule says "supported" in at most 2.5% of samples at the default levels.
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
        ...


Kind = TypeVar("Kind", bound=Estimate)


def expect(rule: Rule, estimate: Estimate, kind: type[Kind], *needed: str) -> Kind:
    """Return the estimate if the rule can decide on it.

    Parameters
    ----------
    needed : fields that must hold finite numbers

    Raises
    ------
    TypeError, BrokenMeasurementError
        As :meth:`Rule.decide`.
    """
    if not isinstance(estimate, kind):
        raise TypeError(f"{type(rule).__name__} decides on {kind.__name__}, got {type(estimate).__name__}")
    for name in ("value", *needed):
        value = getattr(estimate, name)
        if value is None or not math.isfinite(value):
            raise BrokenMeasurementError(f"{estimate.statistic}: expected a finite {name}, got {value}")
    # NaN compares false with everything, so anywhere in an estimate it could pass for a verdict.
    for name in (field.name for field in dataclasses.fields(estimate)):
        value = getattr(estimate, name)
        if any(isinstance(part, float) and math.isnan(part) for part in _parts(value)):
            raise BrokenMeasurementError(f"{estimate.statistic}: expected no NaN in {name}, got {value}")
    return estimate


def _parts(value: object) -> Iterable[object]:
    return value if isinstance(value, tuple) else (value,)


def check_level(name: str, value: float, low: float = 0.0, high: float = 1.0) -> None:
    """Refuse a parameter of a rule that is not strictly between two bounds.

    Raises
    ------
    ValueError
        It is not.
    """
    if not low < value < high:
        raise ValueError(f"{name}: expected a number between {low:g} and {high:g}, got {value!r}")


def reason_of(estimate: Estimate, sentence: str) -> str:
    """Join a rule's sentence with what the estimate has to say."""
    return f"{sentence}; {estimate.detail}" if estimate.detail else sentence


def decision(
    verdict: Verdict, estimate: Estimate, thresholds: tuple[float, ...], before: str = "", after: str = ""
) -> Decision:
    """Return a decision whose reason writes out the estimate that decided.

    Parameters
    ----------
    thresholds : what the estimate's numbers were compared with
    before, after : what the reason says besides
    """
    text = reason_of(estimate, f"{before}{estimate_text(estimate, thresholds)}{after}")
    return Decision(verdict, estimate, text, thresholds=thresholds)
