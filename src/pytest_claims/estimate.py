"""A number with its uncertainty: what a rule decides on and what the ledger prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """One estimated number.

    Parameters
    ----------
    statistic : what the number is, in print: ``"Pearson r"``, ``"chi-square (9 df)"``
    value : the number
    n : the number of independent units it rests on
    ci_low, ci_high : 95% interval unless ``statistic`` says otherwise; ``None`` where none exists
    p_value : two-sided unless ``statistic`` says otherwise; ``None`` where no test was made
    detail : one sentence that the ledger appends to the reason
    """

    statistic: str
    value: float
    n: int
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class CorrelationEstimate(Estimate):
    """A correlation coefficient.

    Parameters
    ----------
    resampled_low, resampled_high : 95% percentile interval of the coefficient when the *measurement*
        (wordings, questions) is resampled and the units are kept; ``None`` when nothing was resampled
    """

    resampled_low: float | None = None
    resampled_high: float | None = None
