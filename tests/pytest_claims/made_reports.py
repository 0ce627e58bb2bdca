"""Reports of any size and content, made as a run would make them."""

from __future__ import annotations

import math
import random

from pytest_claims.junit.suite import Case, Outcome, Suite
from pytest_claims.junit.writer import to_xml

VERDICTS = ("supported", "refuted", "inconclusive", "uninformative", "error")
OUTCOMES: dict[str, Outcome] = {
    "supported": "passed", "refuted": "failed", "inconclusive": "xfailed", "uninformative": "error", "error": "error",
}  # fmt: skip
RULE = (
    "supported if r < 0 and p < 0.05; refuted if the 95% interval excludes r <= -0.3, or r > 0 and p < 0.05"
)


def made_case(
    claim: str = "rain-sells-umbrellas",
    evidence: str = "station-12",
    verdict: str = "supported",
    value: float = -0.66,
    half_width: float | None = 0.3,
    **changed: str | None,
) -> Case:
    """A test case that judges; ``changed`` replaces properties by name, or removes those that are ``None``."""
    found = {
        "id": claim,
        "statement": f"What {claim} says.",
        "source": "the tests",
        "kind": "inference",
        "rule": RULE,
        "evidence": evidence,
    }
    if verdict != "error":
        found |= {
            "evidence_sha256": f"{abs(hash_of(evidence)):064x}",
            "evidence_determined_by": f"measured for {evidence}",
            "verdict": verdict,
            "reason": f"Pearson r = {value:.2f}",
        }
    if verdict in ("supported", "refuted", "inconclusive"):
        found |= {"statistic": "Pearson r", "estimate": repr(value), "p_value": "0.0387", "n": "10"}
        if half_width is not None:
            found |= {"ci_low": repr(value - half_width), "ci_high": repr(value + half_width)}
    if verdict == "inconclusive":
        found["needed_n"] = "24"
    for name, text in changed.items():
        if text is None:
            found.pop(name, None)
        else:
            found[name] = text
    return Case(
        classname="tests.test_weather",
        name=f"test_{claim}[{evidence}]",
        file="tests/test_weather.py",
        line=12,
        time_s=0.01,
        outcome=OUTCOMES.get(verdict, "passed"),
        message="" if verdict == "supported" else f"{verdict}: as it is",
        text="" if verdict == "supported" else f"{verdict}: as it is\nin full",
        properties=tuple((f"claim.{name}", text) for name, text in found.items()),
    )


def made_unjudged(
    claim: str, evidence: str = "station-12", why: str = "skipped", reason: str = "rain", **changed: str
) -> Case:
    """A test case of a claim that was not judged; ``changed`` replaces properties by name."""
    found = {
        "id": claim,
        "statement": f"What {claim} says.",
        "source": "the tests",
        "kind": "inference",
        "rule": RULE,
        "evidence": evidence,
    }
    properties = [
        (f"claim.{name}", text)
        for name, text in (found | {"not_judged": why, "reason": reason} | changed).items()
    ]
    return Case(
        "tests.test_weather", f"test_{claim}[{evidence}]", "tests/test_weather.py", 12, None, "skipped", why, why,
        tuple(properties),
    )  # fmt: skip


def hash_of(text: str) -> int:
    """The same in every process."""
    return random.Random(text).getrandbits(255)


def made_suite(*cases: Case, started: str = "2026-03-01T10:00:00.000+00:00", **facts: str) -> Suite:
    """A run of these cases."""
    properties = {"commit": "0123456789abcdef0123456789abcdef01234567", "version.python": "3.11.7", **facts}
    return Suite(started, "host", 12.5, tuple(properties.items()), cases)


def made_report(*cases: Case, **facts: str) -> bytes:
    """The same as XML."""
    return to_xml(made_suite(*cases, **facts))


def large_suite(claims: int, evidence: int, seed: int = 0) -> Suite:
    """Every claim on every evidence, as varied as real ones."""
    drawn = random.Random(seed)
    cases = []
    for claim in range(claims):
        for number in range(evidence):
            r = math.tanh(drawn.gauss(0, 0.5))
            verdict = drawn.choices(VERDICTS, (50, 10, 30, 6, 4))[0]
            cases.append(
                made_case(
                    f"claim-{claim:04d}-of-the-large-ledger",
                    f"model-{number:02d}-seed{42 + number}",
                    verdict,
                    r,
                    0.3 * (1 - r * r),
                    statement=f"In case {claim}, personas farther from the assistant learn stronger couplings of kind {drawn.randrange(97)}.",
                    reason=f"Pearson r = {r:.2f} [{r - 0.3:.2f}, {r + 0.3:.2f}], p = 0.039, N = 10; 80% power needs N = 24",
                )
            )
    facts = {
        f"evidence.model-{number:02d}-seed{42 + number}.{key}": f"{key} of model {number}"
        for number in range(evidence)
        for key in ("sha256", "determined_by", "base_model", "device", "precision")
    }
    return made_suite(*cases, **facts)
