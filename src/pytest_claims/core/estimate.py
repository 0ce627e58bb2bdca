"""Estimates: numbers with their uncertainty, for rules to decide on and the ledger to print."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import NoReturn

from pytest_claims.core.errors import BrokenMeasurementError
from pytest_claims.core.estimate_checks import FINITE, REAL_FIELDS, as_number, range_faults

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
    ci_low, ci_high : 95% interval unless ``statistic`` says otherwise, finite and in this order; ``None``
        where none exists. An interval need not contain the value: that of a bootstrap may not
    p_value : from 0 to 1, two-sided unless ``statistic`` says otherwise; ``None`` where no test was made
    detail : one sentence that the ledger appends to the reason

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
    p_value: float | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.statistic, str):
            raise BrokenMeasurementError(f"statistic: expected a string, got {self.statistic!r:.80}")
        numbers = {name: as_number(getattr(self, name)) for name in (*REAL_FIELDS, "n")}
        for name, number in numbers.items():
            if number is None and (name in ("value", "n") or getattr(self, name) is not None):
                self._refuse(name, "a number")
        for name, expected in range_faults(numbers).items():
            self._refuse(name, expected)
        # Numbers of NumPy and whole floats become Python's own, so that every reader gets the same.
        for name in REAL_FIELDS:
            object.__setattr__(self, name, numbers[name])
        object.__setattr__(self, "n", int(self.n))

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
