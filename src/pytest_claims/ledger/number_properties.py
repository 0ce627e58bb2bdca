"""Readers of a report's numbers: what is none, or out of its range, is left out and said to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_claims.core.estimate import LEVEL, USUAL_CI_LEVEL, range_faults
from pytest_claims.core.regions import Region, region_of_text
from pytest_claims.junit.omissions import Omissions
from pytest_claims.junit.properties import NO_LEVEL, PREFIX


def read_numbers(text: Mapping[str, str], location: str, omissions: Omissions) -> dict[str, Any]:
    """Read the numbers of an estimate, without those that are none or out of range."""
    numbers: dict[str, float | None] = {
        key: _number(text, key, location, omissions) for key in ("estimate", "ci_low", "ci_high", "p_value")
    }
    numbers |= {key: read_whole(text, key, location, omissions) for key in ("n", "needed_n")}
    numbers["p_level"] = _level(text, "p_level", location, omissions)
    numbers["ci_level"] = _ci_level(text, location, omissions)
    faults = range_faults({"value": numbers["estimate"], **numbers})
    for field, expected in faults.items():
        key = "estimate" if field == "value" else field
        omissions.add(f"{location}: property {PREFIX}{key}: expected {expected}, got {text[key]!r:.40}")
        numbers[key] = None
    return numbers


def _number(text: Mapping[str, str], key: str, location: str, omissions: Omissions) -> float | None:
    numbers = read_each((text[key],), key, location, omissions) if key in text else ()
    return numbers[0] if numbers else None


def _level(text: Mapping[str, str], key: str, location: str, omissions: Omissions) -> float | None:
    level = _number(text, key, location, omissions)
    if level is None or 0 < level < 1:
        return level
    omissions.add(f"{location}: property {PREFIX}{key}: expected {LEVEL}, got {text[key]!r:.40}")
    return None


def _ci_level(text: Mapping[str, str], location: str, omissions: Omissions) -> float | None:
    """Read the level of the interval; one that cannot be read is not taken for the usual one."""
    if text.get("ci_level") == NO_LEVEL:
        return None
    return _level(text, "ci_level", location, omissions) if "ci_level" in text else USUAL_CI_LEVEL


def read_regions(texts: Iterable[str], location: str, omissions: Omissions) -> tuple[Region, ...]:
    """Read the regions of a rule, without those that are none."""
    regions = []
    for text in texts:
        region = region_of_text(text)
        if region is None:
            expected = "expected a region such as 'refuted -0.3 inf'"
            omissions.add(f"{location}: property {PREFIX}region: {expected}, got {text!r:.60}")
        else:
            regions.append(region)
    return tuple(regions)


def read_each(texts: Iterable[str], key: str, location: str, omissions: Omissions) -> tuple[float, ...]:
    """Read the values of a property that may be there more than once, without those that are no number."""
    numbers = (omissions.finite_number(text, f"{location}: property {PREFIX}{key}") for text in texts)
    return tuple(number for number in numbers if number is not None)


def read_whole(text: Mapping[str, str], key: str, location: str, omissions: Omissions) -> int | None:
    """Read a whole number; ``None`` where there is none."""
    if key not in text:
        return None
    digits = text[key].removeprefix("-")
    # Python's own limit on digits would be an error of another kind.
    if digits.isascii() and digits.isdecimal() and len(digits) <= 18:
        return int(text[key])
    omissions.add(f"{location}: property {PREFIX}{key}: expected a whole number, got {text[key]!r:.40}")
    return None


def read_weights(texts: Iterable[str], location: str, omissions: Omissions) -> tuple[tuple[str, float], ...]:
    """Read the parts of a pooled estimate, each with its share from 0 to 1."""
    weights = []
    for text in texts:
        number, _, part = text.partition(" ")
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if part and 0 <= share <= 1:
            weights.append((part, share))
        else:
            expected = "expected a share from 0 to 1 and the name of the evidence"
            omissions.add(f"{location}: property {PREFIX}weight: {expected}, got {text!r:.60}")
    return tuple(weights)
