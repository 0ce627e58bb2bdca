"""The ledger of claims: a run, and what it found of each claim on each evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_claims.record import UNINFORMATIVE
from pytest_claims.verdict import Verdict

SCHEMA = 1
ERROR = "error"
#: Everything that an entry's verdict can be, in the order in which people look for it.
VERDICTS = (*(verdict.value for verdict in Verdict), UNINFORMATIVE, ERROR)
DECIDED = frozenset(verdict.value for verdict in Verdict)
_KEYS = (
    "id", "statement", "source", "evidence", "verdict", "estimate", "ci_low", "ci_high", "p_value", "n",
    "needed_n", "rule", "reason", "statistic", "record", "test", "evidence_sha256", "evidence_determined_by",
)  # fmt: skip
_LISTS = ("figures", "figure_errors", "thresholds")


@dataclass(frozen=True)
class Entry:
    """One claim on one evidence.

    Parameters
    ----------
    verdict : one of :data:`VERDICTS`
    statistic : what the estimate is, in print
    needed_n : units with which an effect such as this would be found with 80% power; ``None`` where the rule
        does not say
    thresholds : what estimate, interval and p-value were compared with
    figures : paths relative to the report's folder
    figure_errors : figures that could not be drawn, and why
    record : what the record says of it; empty if nothing
    test : name of the test that judged
    evidence_sha256, evidence_determined_by : what identifies the evidence; empty where it was not loaded
    copy : 2 for the second test that judges this claim on this evidence, and so on
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
    needed_n: int | None = None
    thresholds: tuple[float, ...] = ()
    figures: tuple[str, ...] = ()
    figure_errors: tuple[str, ...] = ()
    record: str = ""
    test: str = ""
    evidence_sha256: str = ""
    evidence_determined_by: str = ""
    copy: int = 1

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes this the same judgement in another run."""
        return self.id, self.evidence, self.copy


@dataclass(frozen=True)
class Ledger:
    """A run and what it found.

    Parameters
    ----------
    run : facts of the run: when, where, versions, fingerprints of the evidence
    entries : in the order in which the tests were collected
    left_out : what the report held and could not be read, one sentence each
    """

    run: Mapping[str, str]
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = field(default=())

    @property
    def judged(self) -> int:
        """The number of judgements that are no errors; that a measure tells nothing is a finding too."""
        return sum(entry.verdict != ERROR for entry in self.entries)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The names of all evidence, in the order in which they first appear."""
        return tuple(dict.fromkeys(entry.evidence for entry in self.entries))

    def count(self, verdict: str) -> int:
        """Return how many entries have a verdict."""
        return sum(entry.verdict == verdict for entry in self.entries)

    def counts_by_evidence(self) -> dict[str, dict[str, int]]:
        """Return how many entries have each verdict, on each evidence in the order of :attr:`evidence`."""
        counts: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            own = counts.setdefault(entry.evidence, dict.fromkeys(VERDICTS, 0))
            own[entry.verdict] += 1
        return counts

    def facts_of(self, evidence: str) -> dict[str, str]:
        """Return the facts of the run that are about one evidence, by their short names."""
        prefix = f"evidence.{evidence}."
        return {
            name.removeprefix(prefix): value for name, value in self.run.items() if name.startswith(prefix)
        }


def as_json(ledger: Ledger) -> dict[str, object]:
    """Return the ledger as the JSON document that ``ledger.json`` holds."""
    return {
        "schema": SCHEMA,
        "run": dict(ledger.run),
        "claims": [
            {
                **{key: getattr(entry, key) for key in _KEYS},
                **{key: list(getattr(entry, key)) for key in _LISTS},
            }
            for entry in ledger.entries
        ],
        "left_out": list(ledger.left_out),
    }
