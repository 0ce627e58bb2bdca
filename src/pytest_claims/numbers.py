"""Numbers as people read them."""

from __future__ import annotations

from pytest_claims.estimate import Estimate

#: So many digits tell any two floats apart.
_ALL_DIGITS = 17


def number_text(value: float | None) -> str:
    """Write three significant digits, no exponent between a thousandth and a million; empty for ``None``."""
    if value is None:
        return ""
    size = abs(value)
    if size >= 1e6:
        return f"{value:.3g}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.01 or size == 0:
        return f"{value:.2f}"
    return f"{value:.3g}"


def distinct_texts(first: float | None, second: float | None) -> tuple[str, str]:
    """Write two numbers as :func:`number_text` does, with so many more digits that they differ if they do."""
    texts = number_text(first), number_text(second)
    if first is None or second is None or first == second:
        return texts
    for digits in range(3, _ALL_DIGITS):
        if texts[0] != texts[1]:
            return texts
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
    return f"{first!r}", f"{second!r}"


def p_text(value: float | None) -> str:
    """Write a p-value with two significant digits, ``<0.0001`` below that; empty for ``None``."""
    if value is None:
        return ""
    if value < 0.0001:
        return "<0.0001"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def interval_text(low: float | None, high: float | None) -> str:
    """Write an interval in brackets; empty if there is none."""
    if low is None or high is None:
        return ""
    return f"[{number_text(low)}, {number_text(high)}]"


def estimate_text(estimate: Estimate) -> str:
    """Write one line: the statistic's name, its value, interval, p and N."""
    parts = [f"{estimate.statistic} = {number_text(estimate.value)}"]
    if interval := interval_text(estimate.ci_low, estimate.ci_high):
        parts[0] += f" {interval}"
    if estimate.p_value is not None:
        p = p_text(estimate.p_value)
        parts.append(f"p {p}" if p.startswith("<") else f"p = {p}")
    parts.append(f"N = {estimate.n}")
    return ", ".join(parts)
