"""The properties that carry a claim through JUnit XML: the only wire between a run and its ledger.

Each judged test has, with the prefix ``claim.``:

- ``id``, ``statement``, ``source``, ``kind``, ``rule``, ``evidence``: known before the run; ``evidence`` is
  empty where a test brings its own numbers
- ``question``, the heading under which the claim is listed; ``headline``, which is ``true`` for a claim that
  the ledger opens with
- ``family`` where the claim belongs to one; ``evidence_group`` and ``evidence_role``, which is ``pooled`` or
  ``member``, where the evidence belongs to a group
- ``evidence_label``, the name of the evidence for people, where it has one
- ``evidence_sha256``, ``evidence_determined_by``: once the evidence is loaded
- ``rule_change`` and ``test_change``: the commits that last changed the lines of the claim's rule and of its
  test, as ``HASH MOMENT``; ``HASH MOMENT or before`` where the history is cut off there, ``uncommitted``
  where a line is in no commit; missing where Git does not tell
- ``registration``: digest of the registration that fixed the rule, where a decision names one
- ``weight`` for each part of a pooled estimate: its share, and the name of the evidence
- ``verdict`` (``supported``, ``refuted``, ``inconclusive`` or ``uninformative``), ``reason``, and ``record``
  if the record says something; a test that failed without a verdict is an error
- ``statistic``, ``estimate``, ``n``; ``ci_low``, ``ci_high``, ``p_value`` where there are such, the p-value
  without regard to a family; ``ci_level``, the level of the interval, which is 0.95 where a report names
  none and ``none`` where a range has none; ``p_level`` where the rule names the level below which p is
  significant;
  ``needed_n`` where the rule says how many units 80% power needs; ``threshold`` for each number that the
  estimate's numbers were compared with, and ``region`` for each region of the effect axis in which a whole
  interval has a verdict
- ``figure`` for each file, relative to the report; ``figure_error`` for each figure that could not be drawn;
  ``figures_at`` where they are not drawn: where they are, or how to draw them
- ``parameters`` where a test is parametrized; ``attempts`` where it was run more than once
- ``not_judged`` and ``reason`` instead of a verdict where a claim is known and no test of it was run

Numbers are written so that reading them gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_claims.core.claim import Claim
    from pytest_claims.judging.judgement import Judgement

PREFIX = "claim."
#: Value of ``headline``, and of the ``ci_level`` of a range that has none.
HEADLINE, NO_LEVEL = "true", "none"
Property = tuple[str, str]


#: Names of the properties that are known of a claim before it is judged; an empty one of the optional ones is
#: not written.
_KNOWN = ("id", "statement", "source", "kind", "rule", "evidence")
_OPTIONAL = (
    "parameters",
    "question",
    "headline",
    "family",
    "evidence_group",
    "evidence_role",
    "evidence_label",
)
KNOWN_BEFOREHAND = (*_KNOWN, *_OPTIONAL)


def claim_properties(
    claim: Claim,
    evidence: str,
    parameters: str = "",
    group: str = "",
    role: str = "",
    question: str = "",
    label: str = "",
) -> list[Property]:
    """Return the properties of a claim that are known before it is judged.

    Parameters
    ----------
    group, role : of the evidence; empty where it stands for itself
    question : of the test module, for a claim that names none
    label : of the evidence for people; empty where it has none
    """
    texts = {
        "id": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "kind": str(claim.kind),
        "rule": str(claim.rule),
        "evidence": evidence,
        "parameters": parameters,
        "question": claim.question or question,
        "headline": HEADLINE if claim.headline else "",
        "family": claim.family,
        "evidence_group": group,
        "evidence_role": role,
        "evidence_label": label,
    }
    return [(PREFIX + name, text) for name, text in texts.items() if text or name in _KNOWN]


def identity_properties(facts: Mapping[str, str]) -> list[Property]:
    """Return the properties that identify loaded evidence."""
    return [(f"{PREFIX}evidence_{name}", facts[name]) for name in ("sha256", "determined_by")]


def verdict_properties(judgement: Judgement, verdict: str, reason: str, remark: str) -> Iterator[Property]:
    """Yield the properties of a verdict; ``remark`` is on the recorded one, empty if there is none."""
    from pytest_claims.core.regions import region_text, regions_of  # only runs with claims need them

    yield PREFIX + "verdict", verdict
    yield PREFIX + "reason", reason
    if remark:
        yield PREFIX + "record", remark
    if judgement.decision is not None:
        estimate = judgement.decision.estimate
        yield PREFIX + "statistic", estimate.statistic
        # repr keeps every bit, so that the XML holds the number that was decided on.
        yield PREFIX + "estimate", repr(float(estimate.value))
        for name in ("ci_low", "ci_high", "p_value"):
            if (value := getattr(estimate, name)) is not None:
                yield PREFIX + name, repr(float(value))
        if estimate.ci_low is not None and estimate.ci_high is not None:
            yield PREFIX + "ci_level", NO_LEVEL if estimate.ci_level is None else repr(estimate.ci_level)
        if estimate.p_value is not None and (level := judgement.claim.p_level) is not None:
            yield PREFIX + "p_level", repr(level)
        yield PREFIX + "n", str(int(estimate.n))
        if judgement.decision.needed_n is not None:
            yield PREFIX + "needed_n", str(int(judgement.decision.needed_n))
        for threshold in judgement.decision.thresholds:
            yield PREFIX + "threshold", repr(float(threshold))
        for region in judgement.decision.regions or regions_of(getattr(judgement.claim.rule, "regions", ())):
            yield PREFIX + "region", region_text(region)
        if judgement.decision.registration:
            yield PREFIX + "registration", judgement.decision.registration
        for part, weight in estimate.weights:
            yield PREFIX + "weight", f"{weight!r} {part}"
    for figure in judgement.figures:
        yield PREFIX + "figure", figure
    if judgement.undrawn and judgement.figures_at:
        yield PREFIX + "figures_at", judgement.figures_at
    for error in judgement.figure_errors:
        yield PREFIX + "figure_error", error


def is_claim_property(pair: object) -> bool:
    """Return True for a property of a claim; a test may put anything among its properties."""
    return isinstance(pair, tuple | list) and len(pair) == 2 and str(pair[0]).startswith(PREFIX)


def values_by_name(properties: Iterable[Property]) -> dict[str, list[str]]:
    """Group the values of claim properties by name, without the prefix."""
    grouped: dict[str, list[str]] = {}
    for name, value in properties:
        if name.startswith(PREFIX):
            grouped.setdefault(name.removeprefix(PREFIX), []).append(value)
    return grouped


def value_by_name(properties: Iterable[Property]) -> dict[str, str]:
    """Return the last value of each claim property by name, without the prefix."""
    return {name: values[-1] for name, values in values_by_name(properties).items()}
