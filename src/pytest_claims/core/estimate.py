"""Estimates: numbers with their uncertainty, for rules and the ledger, each within its range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import NoReturn

from pytest_claims.core.errors import BrokenMeasurementError

#: Numbers of an estimate that are measured on a continuous scale.
REAL_FIELDS = ("value", "ci_low", "ci_high", "p_value")
#: Said of a number that is NaN or infinite.
FINITE = "a finite number"
LEVEL = "a number between 0 and 1"
COUNT_FIELDS = ("n", "needed_n")
#: Confidence level of an interval that names none.
USUAL_CI_LEVEL = 0.95
#: More units than people could have; counts up to here are exact as floats.
LARGEST_COUNT = 10**15
_WEIGHTS = "pairs of a name and a share from 0 to 1, which sum to 1"
#: Rounding may put a coefficient this far beyond 1.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Estimate:
    """One estimated number.

    Parameters
    ----------
    statistic : name of the number, in print: ``"Pearson r"``, ``"chi-square (9 df)"``
    value : the number, finite
    n : the number of independent units it rests on, 0 or more
    ci_low, ci_high : interval, finite and in this order; ``None`` where none exists. It need not contain the
        value: that of a bootstrap may not
    ci_level : confidence level of the interval, between 0 and 1; ``None`` for a range that has none, such as
        what rounding allows
    p_value : from 0 to 1, two-sided unless ``statistic`` says otherwise; ``None`` where no test was made
    detail : one sentence that the ledger appends to the reason
    weights : of an estimate that pools several bodies of evidence: the name of each, with its share from 0
        to 1; shares sum to 1

    Raises
    ------
    BrokenMeasurementError
        A number is none, not finite or out of its range.
    """

    statistic: str
    value: float
    n: int
    _: KW_ONLY
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = USUAL_CI_LEVEL
    p_value: float | None = None
    detail: str = ""
    weights: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.statistic, str):
            raise BrokenMeasurementError(f"statistic: expected a string, got {self.statistic!r:.80}")
        numbers = {name: as_number(getattr(self, name)) for name in (*REAL_FIELDS, "n")}
        for name, number in numbers.items():
            if number is None and (name in ("value", "n") or getattr(self, name) is not None):
                self._refuse(name, "a number")
        if self.ci_level is not None:
            numbers["ci_level"] = as_number(self.ci_level)
            if numbers["ci_level"] is None:
                self._refuse("ci_level", LEVEL)
        for name, expected in range_faults(numbers).items():
            self._refuse(name, expected)
        # Numbers of NumPy and whole floats become Python's own, so that every reader gets the same.
        for name in (*REAL_FIELDS, "ci_level"):
            object.__setattr__(self, name, numbers.get(name))
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "weights", self._checked_weights())

    def _checked_weights(self) -> tuple[tuple[str, float], ...]:
        given = self.weights.items() if isinstance(self.weights, Mapping) else self.weights
        try:
            pairs = tuple((name, as_number(share)) for name, share in given)
        except (TypeError, ValueError):
            self._refuse("weights", _WEIGHTS)
        shares = [share for _, share in pairs if share is not None and 0 <= share <= 1]
        names_are_text = all(isinstance(name, str) and name for name, _ in pairs)
        if pairs and not (names_are_text and len(shares) == len(pairs) and abs(sum(shares) - 1) <= _ROUNDING):
            self._refuse("weights", _WEIGHTS)
        return tuple((name, share) for name, share in pairs if share is not None)

    def _refuse(self, name: str, expected: str) -> NoReturn:
        said = f"expected a finite {name}" if expected == FINITE else f"{name}: expected {expected}"
        raise BrokenMeasurementError(f"{self.statistic}: {said}, got {getattr(self, name)!r:.80}")


@dataclass(frozen=True)
class CorrelationEstimate(Estimate):
    """A correlation coefficient.

    Parameters
    ----------
    resampled_low, resampled_high : 95% percentile interval of the coefficient when the *measurement*
        (wordings, questions) is resampled and the units are kept; ``None`` when nothing was resampled

    Raises
    ------
    BrokenMeasurementError
        As :class:`Estimate`, or the coefficient or an end of its interval lies beyond -1 or 1.
    """

    _: KW_ONLY
    resampled_low: float | None = None
    resampled_high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("value", "ci_low", "ci_high"):
            number = getattr(self, name)
            if number is not None and abs(number) > 1 + _ROUNDING:
                self._refuse(name, "a correlation from -1 to 1")


def range_faults(values: Mapping[str, float | None]) -> dict[str, str]:
    """Find an estimate's numbers that are out of range.

    Parameters
    ----------
    values : by field, of ``value``, ``n``, ``ci_low``, ``ci_high``, ``p_value``, ``ci_level``
        and ``needed_n`` those that there are; ``None`` stands for none

    Returns
    -------
    dict
        By field, the expected value instead. Of an interval whose ends are in the wrong order, both.
    """
    given = {name: number for name, number in values.items() if number is not None}
    faults = {name: FINITE for name in REAL_FIELDS if not math.isfinite(given.get(name, 0))}
    for name in COUNT_FIELDS:
        count = given.get(name, 0)
        if not (0 <= count <= LARGEST_COUNT and count == int(count)):
            faults[name] = f"a whole number from 0 to {LARGEST_COUNT:,}"
    if "p_value" not in faults and not 0 <= given.get("p_value", 0) <= 1:
        faults["p_value"] = "a number from 0 to 1"
    if not 0 < given.get("ci_level", USUAL_CI_LEVEL) < 1:
        faults["ci_level"] = LEVEL
    low, high = given.get("ci_low", -math.inf), given.get("ci_high", math.inf)
    if not {"ci_low", "ci_high"} & faults.keys() and low > high:
        faults["ci_low"] = f"at most ci_high, which is {high!r}"
        faults["ci_high"] = f"at least ci_low, which is {low!r}"
    return faults


def as_number(value: object) -> float | None:
    """Return a real number as a float, or ``None`` if it is none: text, truth values and arrays are not."""
    if isinstance(value, bool | str | bytes | bytearray):
        return None
    shape = getattr(value, "shape", None)
    if shape is not None and shape != ():
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # decimals and scalars of NumPy or PyTorch too
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None
