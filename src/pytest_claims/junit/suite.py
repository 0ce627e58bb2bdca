"""Test cases and their suite, as JUnit XML holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_claims.junit.properties import Property

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed"]

#: Characters of a name, a property or a message; written and read.
LONGEST_TEXT = 100_000


class JUnitError(ValueError):
    """The file is not a JUnit report; the message names file, place and what was expected."""


@dataclass(frozen=True)
class Case:
    """One test: where it stands, how it ended, and what it recorded.

    Parameters
    ----------
    message : first line of what went wrong, or the reason of a skip; empty for a pass
    text : the whole of it
    time_s : ``None`` where a report that was read does not tell
    attachments : files that CI systems shall show with the test; written for them, and never read back
    """

    classname: str
    name: str
    file: str
    line: int | None
    time_s: float | None
    outcome: Outcome
    message: str = ""
    text: str = ""
    properties: tuple[Property, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A run of pytest.

    Parameters
    ----------
    time_s : ``None`` where a report that was read does not tell
    left_out : a sentence on each part of a report that could not be read
    """

    timestamp: str
    hostname: str
    time_s: float | None
    properties: tuple[Property, ...]
    cases: tuple[Case, ...]
    left_out: tuple[str, ...] = ()

    def count(self, *outcomes: Outcome) -> int:
        """Return how many cases ended in one of ``outcomes``."""
        return sum(case.outcome in outcomes for case in self.cases)
