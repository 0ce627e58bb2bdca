"""Valid ranges of an estimate's numbers: one check for new estimates and for reports that are read."""

from __future__ import annotations

import math
from collections.abc import Mapping

#: Numbers of an estimate that are measured on a continuous scale.
REAL_FIELDS = ("value", "ci_low", "ci_high", "p_value")
#: Said of a number that is NaN or infinite.
FINITE = "a finite number"
COUNT_FIELDS = ("n", "needed_n")
#: More units than people could have; counts up to here are exact as floats.
LARGEST_COUNT = 10**15


def range_faults(values: Mapping[str, float | None]) -> dict[str, str]:
    """Find an estimate's numbers that are out of range.

    Parameters
    ----------
    values : by field, of ``value``, ``n``, ``ci_low``, ``ci_high``, ``p_value`` and ``needed_n`` those that
        there are; ``None`` stands for none

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
