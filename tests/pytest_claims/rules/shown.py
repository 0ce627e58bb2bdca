"""What a ledger prints of a decision, read again; and numbers at and beside the thresholds of rules.

A verdict follows from what is shown: from the printed value, interval and p-value, and the rule's numbers. A reader
with the printed numbers alone, who knows the rule, must come to the same verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from pytest_claims.core.numbers import estimate_and_interval_texts, interval_text, p_text

BESIDE = st.one_of(
    st.sampled_from([0.0, 1e-12, -1e-12, 1e-6, -1e-6, 4e-4, -4e-4, 0.004, -0.004]), st.floats(-0.3, 0.3)
)


def near(*thresholds, low=-1.0, high=1.0):
    """Numbers of a range at its thresholds, a little beside them, and anywhere."""
    beside = st.builds(lambda at, by: min(high, max(low, at + by)), st.sampled_from(thresholds), BESIDE)
    return st.one_of(beside, st.floats(low, high))


def interval(*thresholds, low=-1.0, high=1.0):
    """A value with its interval."""
    numbers = near(*thresholds, low=low, high=high)
    return st.tuples(numbers, numbers, numbers).map(sorted).map(lambda ends: (ends[1], ends[0], ends[2]))


@dataclass(frozen=True)
class Shown:
    """What a ledger prints, read again."""

    statistic: str
    value: float
    low: float | None
    high: float | None
    p: float | None


def shown(decision):
    estimate, thresholds = decision.estimate, decision.thresholds
    ends = interval_text(estimate.ci_low, estimate.ci_high, thresholds).strip("[]").split(", ")
    low, high = map(float, ends) if ends != [""] else (None, None)
    p = p_text(estimate.p_value, thresholds)
    printed, written = estimate_and_interval_texts(
        estimate.value, estimate.ci_low, estimate.ci_high, thresholds=thresholds
    )
    assert written == interval_text(estimate.ci_low, estimate.ci_high, thresholds)
    for text in (printed, p, written):
        assert text in decision.reason
    # Below the last p that is printed.
    p = (0.0 if p.startswith("<") else float(p)) if p else None
    return Shown(estimate.statistic, float(printed), low, high, p)
