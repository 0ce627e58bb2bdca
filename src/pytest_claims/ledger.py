"""The ledger of claims, read out of a JUnit report and out of nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_claims.junit import Case, JUnitError, Suite
from pytest_claims.properties import by_name
from pytest_claims.verdict import Verdict

SCHEMA = 1
ERROR = "error"
_VERDICTS = frozenset(verdict.value for verdict in Verdict)


@dataclass(frozen=True)
class Entry:
    """One claim on one evidence.

    Parameters
    ----------
    verdict : a value of :class:`Verdict`, ``"uninformative"``, or ``"error"``
    record : what the record says of it; empty if nothing
    figure_errors : figures that could not be drawn, and why
    """

    id: str
    statement: str
    source: str
    evidence: str
    verdict: str
    rule: str
    reason: str
    statistic: str = ""
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    n: int | None = None
    figures: tuple[str, ...] = ()
    figure_errors: tuple[str, ...] = ()
    record: str = ""


@dataclass(frozen=True)
class Ledger:
    """A run and what it found.

    Parameters
    ----------
    run : facts of the run: when, where, versions, fingerprints of the evidence
    entries : in the order in which the tests were collected
    """

    run: Mapping[str, str]
    entries: tuple[Entry, ...]

    @property
    def decided(self) -> int:
        """The number of claims that got a verdict."""
        return sum(entry.verdict in _VERDICTS for entry in self.entries)

    def count(self, verdict: str) -> int:
        """Return how many entries have a verdict."""
        return sum(entry.verdict == verdict for entry in self.entries)


def ledger_of(suite: Suite) -> Ledger:
    """Read the ledger out of a report.

    Raises
    ------
    JUnitError
        A claim's property is missing or is not a number.
    """
    run = {
        "started": suite.timestamp,
        "host": suite.hostname,
        "duration_s": f"{suite.time_s:.1f}",
        **dict(suite.properties),
    }
    entries = (_entry(case) for case in suite.cases)
    return Ledger(run=run, entries=tuple(entry for entry in entries if entry is not None))


def as_json(ledger: Ledger) -> dict[str, object]:
    """Return the ledger as the JSON document that ``ledger.json`` holds."""
    keys = (
        "id", "statement", "source", "evidence", "verdict", "estimate", "ci_low", "ci_high", "p_value",
        "n", "rule", "reason",
    )  # fmt: skip
    return {
        "schema": SCHEMA,
        "run": dict(ledger.run),
        "claims": [
            {**{key: getattr(entry, key) for key in keys}, "figures": list(entry.figures)}
            for entry in ledger.entries
        ],
    }


def _entry(case: Case) -> Entry | None:
    found = by_name(case.properties)
    if "id" not in found:
        return None

    def text(key: str) -> str:
        return found.get(key, [""])[-1]

    def number(key: str) -> float | None:
        if key not in found:
            return None
        try:
            value = float(text(key))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            place = f"testcase {case.classname}::{case.name}"
            raise JUnitError(f"{place}: property claim.{key}: expected a number, got {text(key)!r:.40}")
        return value

    verdict, reason = text("verdict"), text("reason")
    if not verdict:
        if case.outcome not in ("error", "failed"):
            return None  # skipped or deselected: nobody asked for a verdict
        verdict, reason = ERROR, case.message
    n = number("n")
    return Entry(
        id=text("id"),
        statement=text("statement"),
        source=text("source"),
        evidence=text("evidence"),
        verdict=verdict,
        rule=text("rule"),
        reason=reason,
        statistic=text("statistic"),
        estimate=number("estimate"),
        ci_low=number("ci_low"),
        ci_high=number("ci_high"),
        p_value=number("p_value"),
        n=None if n is None else int(n),
        figures=tuple(found.get("figure", ())),
        figure_errors=tuple(found.get("figure_error", ())),
        record=text("record"),
    )
