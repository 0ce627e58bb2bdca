"""Numbers, p-values and intervals as text for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_claims.core.estimate import Estimate

Writer = Callable[[float, int], str]
#: So many digits tell any two floats apart.
_MOST_DIGITS = 17


def number_text(value: float | None, thresholds: Sequence[float] = ()) -> str:
    """Write a number with at least two significant digits; empty for ``None``.

    Two decimals from 0.1 on, as correlations and rates are read, and fewer from 10 on; three digits, with a
    power of ten, outside a thousandth to a million.

    Parameters
    ----------
    thresholds : numbers that the value was compared with; as many digits are written as it takes to show on
        which side of each it lies
    """
    if value is None:
        return ""
    return _on_its_side(value, thresholds, _writer(abs(value)))


def distinct_texts(first: float | None, second: float | None) -> tuple[str, str]:
    """Write two numbers as :func:`number_text` does, with more digits where it takes them to differ."""
    texts = number_text(first), number_text(second)
    if first is None or second is None or first == second:
        return texts
    for digits in range(3, _MOST_DIGITS):
        if texts[0] != texts[1]:
            return texts
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
    return f"{first!r}", f"{second!r}"


def estimate_and_interval_texts(
    value: float | None, low: float | None, high: float | None, *, thresholds: Sequence[float] = ()
) -> tuple[str, str]:
    """Write an estimate and its interval with the same number of decimals; empty texts for what there is not.

    More digits are written where it takes them to show on which side of a threshold a number lies.
    """
    interval = interval_text(low, high, thresholds)
    if value is None or low is None or high is None:
        return number_text(value, thresholds), interval
    # Never more digits than by itself: an estimate may lie far outside of a narrow interval.
    written = _writer(max(abs(value), abs(low), abs(high)))
    return _on_its_side(value, thresholds, written), interval


def interval_name(level: float | None) -> str:
    """Return the name of an interval of a level: ``95% interval``; of a range without one, ``range``."""
    return "range" if level is None else f"{100 * level:.4g}% interval"


def p_text(value: float | None, thresholds: Sequence[float] = ()) -> str:
    """Write a p-value with two significant digits, ``<0.0001`` below that; empty for ``None``.

    ``thresholds`` as in :func:`number_text`.
    """
    if value is None:
        return ""
    levels = [threshold for threshold in thresholds if threshold > 0]
    if value < 0.0001 and all(level >= 0.0001 for level in levels):
        return "<0.0001"
    if value >= 0.1:
        return _on_its_side(value, levels, lambda value, more: f"{value:.{2 + more}f}")
    return _on_its_side(value, levels, lambda value, more: f"{value:.{2 + more}g}")


def p_phrase(printed: str) -> str:
    """Return a printed p-value with its name: ``p = 0.039``, ``p <0.0001``; empty for an empty text.

    Parameters
    ----------
    printed : as :func:`p_text` writes it
    """
    if not printed:
        return ""
    return f"p {printed}" if printed.startswith("<") else f"p = {printed}"


def interval_text(low: float | None, high: float | None, thresholds: Sequence[float] = ()) -> str:
    """Write an interval in brackets, both ends as fine as the larger; empty if there is none.

    More digits are written where it takes them to tell the ends apart or to show their side of 0.
    ``thresholds`` as in :func:`number_text`.
    """
    if low is None or high is None:
        return ""
    written = _writer(max(abs(low), abs(high)))
    for more in range(_MOST_DIGITS):
        ends = [_on_its_side(end, (0.0, *thresholds), written, more) for end in (low, high)]
        if low == high or ends[0] != ends[1]:
            break
    return f"[{ends[0]}, {ends[1]}]"


def fixed_text(value: float, decimals: int, thresholds: Sequence[float] = ()) -> str:
    """Write a number with a number of decimals, and more where its side of a threshold takes them."""
    return _on_its_side(value, thresholds, lambda value, more: f"{value:.{decimals + more}f}")


def estimate_text(estimate: Estimate, thresholds: Sequence[float] = ()) -> str:
    """Write an estimate with its name, interval, p and N; ``thresholds`` as in :func:`number_text`."""
    ends = estimate.ci_low, estimate.ci_high
    value, interval = estimate_and_interval_texts(estimate.value, *ends, thresholds=thresholds)
    parts = [f"{estimate.statistic} = {value}"]
    if interval:
        parts[0] += f" {interval}"
    if estimate.p_value is not None:
        parts.append(p_phrase(p_text(estimate.p_value, thresholds)))
    parts.append(f"N = {estimate.n}")
    return ", ".join(parts)


def _writer(size: float) -> Writer:
    """Return a writer for numbers of a size, and smaller ones beside them, that takes extra digits."""
    if size >= 1e6 or 0 < size < 1e-3:
        return lambda value, more: f"{value:.{3 + more}g}"
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 3
    if 0 < size < 0.01:
        decimals = 5
    return lambda value, more: f"{value:.{decimals + more}f}"


def _on_its_side(value: float, thresholds: Sequence[float], written: Writer, more_digits: int = 0) -> str:
    for more in range(more_digits, _MOST_DIGITS):
        text = written(value + 0.0, more)  # nought has no sign
        if all(_side(float(text), threshold) == _side(value, threshold) for threshold in thresholds):
            return text
    return repr(value)


def _side(value: float, threshold: float) -> int:
    return (value > threshold) - (value < threshold)
