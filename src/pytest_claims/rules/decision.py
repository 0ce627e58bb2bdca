"""Checks of the estimate that a rule decides on, and the decision on it."""

from __future__ import annotations

import dataclasses
import math
from typing import TypeVar

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate import USUAL_CI_LEVEL, Estimate
from pytest_claims.core.numbers import estimate_text
from pytest_claims.core.verdict import Decision, Rule, Verdict

Kind = TypeVar("Kind", bound=Estimate)


def expect(rule: Rule, estimate: Estimate, kind: type[Kind], *needed: str) -> tuple[Kind, tuple[float, ...]]:
    """Return the estimate and the numbers that the rule needs of it, if it can decide on them.

    Parameters
    ----------
    needed : fields that must hold finite numbers

    Raises
    ------
    TypeError, BrokenMeasurementError
        As :meth:`pytest_claims.rules.Rule.decide`.
    """
    if not isinstance(estimate, kind):
        raise TypeError(f"{type(rule).__name__} decides on {kind.__name__}, got {type(estimate).__name__}")
    numbers = {name: getattr(estimate, name) for name in ("value", *needed)}
    for name, value in numbers.items():
        if value is None or not math.isfinite(value):
            raise BrokenMeasurementError(f"{estimate.statistic}: expected a finite {name}, got {value}")
    if "ci_low" in needed and estimate.ci_level != (level := getattr(rule, "ci_level", USUAL_CI_LEVEL)):
        got = "none" if estimate.ci_level is None else f"{estimate.ci_level:g}"
        expected = f"expected an interval of level {level:g}, got {got}"
        raise BrokenMeasurementError(f"{estimate.statistic}: {expected}")
    # NaN compares false with everything, so anywhere in an estimate it could pass for a verdict.
    for field in dataclasses.fields(estimate):
        value = getattr(estimate, field.name)
        parts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(part, float) and math.isnan(part) for part in parts):
            raise BrokenMeasurementError(
                f"{estimate.statistic}: expected no NaN in {field.name}, got {value}"
            )
    return estimate, tuple(numbers[name] for name in needed)


def check_level(name: str, value: float) -> None:
    """Raise a ``ValueError`` if a parameter of a rule is not strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, got {value!r}")


def decision(
    verdict: Verdict, estimate: Estimate, thresholds: tuple[float, ...], before: str = "", after: str = ""
) -> Decision:
    """Return a decision with the estimate written out in its reason.

    Parameters
    ----------
    thresholds : numbers that the estimate's were compared with
    before, after : the rest of the reason
    """
    sentence = f"{before}{estimate_text(estimate, thresholds)}{after}"
    reason = f"{sentence}; {estimate.detail}" if estimate.detail else sentence
    return Decision(verdict, estimate, reason, thresholds=thresholds)
