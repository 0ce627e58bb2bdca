"""A small project of its own, on which every option and verdict of the plugin is tried."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import matplotlib.figure  # noqa: F401 - loaded once, before the inner runs that pytester cleans up after
import pytest

# Likewise: a class that each inner run imports anew is not the one that the plugin knows.
from pytest_claims import EvidenceSource  # noqa: F401

RULES = '''
from dataclasses import dataclass
from pytest_claims import Decision, Estimate, Verdict

@dataclass(frozen=True)
class Above:
    """Supported above the bound, refuted below its negative, otherwise inconclusive."""
    bound: float
    def decide(self, estimate):
        if estimate.value > self.bound:
            verdict = Verdict.SUPPORTED
        elif estimate.value < -self.bound:
            verdict = Verdict.REFUTED
        else:
            verdict = Verdict.INCONCLUSIVE
        return Decision(verdict, estimate, f"the mean is {estimate.value}")
    def __str__(self):
        return f"mean > {self.bound}"
'''

CONFTEST = """
from dataclasses import dataclass, replace
import pytest
from pytest_claims import BrokenEvidence, EvidenceSource

@dataclass(frozen=True)
class Numbers:
    values: tuple
    determined_by: str
    @property
    def mean(self):
        return sum(self.values) / len(self.values)
    @property
    def sha256(self):
        return "digest-of-" + "-".join(map(str, self.values))
    properties = {"device": "abacus"}
    def __str__(self):
        return "table of " + ", ".join(map(str, self.values))

class OutOfInk(ValueError):
    pass

def numbers(name, *values, measures=("mean",)):
    return EvidenceSource(name, frozenset(measures), lambda: Numbers(values, "values of " + name), (OutOfInk,))

def fail():
    raise OutOfInk("the pen ran out of ink")

def pytest_claims_evidence(config):
    return EVIDENCE

def pytest_claims_environment(config):
    return {"version.abacus": "1.0"}
"""

CLAIMS = """
from pytest_claims import Estimate, claim
from above import Above

@claim("mean-is-high", "The mean is high.", rule=Above(1.0), needs=("mean",), source="the tests")
def test_mean_is_high(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3, ci_low=0.5, ci_high=2.5, p_value=0.04))
"""

UNUSED = ("cacheprovider", "hypothesispytest", "randomly", "rerunfailures", "timeout", "pytest_cov")

THREE_VERDICTS = "numbers('high', 2, 3, 4), numbers('low', -2, -3, -4), numbers('middling', 0, 0, 1)"


class ClaimsProject:
    """An inner project and the ledgers that it writes."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.makefile(".ini", pytest="[pytest]\nclaims_ledger = ledger\nclaims_record = record.json\n")
        pytester.makepyfile(above=RULES)
        self.evidence(THREE_VERDICTS)
        self.claims(CLAIMS)

    def evidence(self, sources: str) -> None:
        self.pytester.makeconftest(f"{CONFTEST}\nEVIDENCE = [{sources}]\n")

    def claims(self, source: str) -> None:
        self.pytester.makepyfile(test_claims=textwrap.dedent(source))

    def run(self, *arguments: str, uses: str = "") -> pytest.RunResult:
        # Plugins that the inner project has no use for cost more time than its tests.
        unused = [name for name in UNUSED if name not in uses.split()]
        disabled = [argument for name in unused for argument in ("-p", f"no:{name}")]
        return self.pytester.runpytest_inprocess(*disabled, *arguments)

    @property
    def folder(self) -> Path:
        return self.pytester.path / "ledger"

    def ledger(self) -> dict:
        return json.loads((self.folder / "ledger.json").read_text(encoding="utf-8"))

    def entries(self) -> dict[str, dict]:
        """The ledger's claims by evidence."""
        return {entry["evidence"]: entry for entry in self.ledger()["claims"]}

    def files(self) -> dict[str, bytes]:
        """The content of every file of the ledger."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> ClaimsProject:
    # In processes of their own, too, tests run in the order in which they stand.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")
    return ClaimsProject(pytester)
