"""A test's outcome, from its verdict and the verdict on record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pytest_claims.core.verdict import UNINFORMATIVE, Verdict


class Outcome(StrEnum):
    """The outcome of a judged claim in pytest."""

    PASS = "pass"
    FAIL = "fail"
    XFAIL = "xfail"
    ERROR = "error"


@dataclass(frozen=True)
class Policy:
    """The policy that options ask for.

    Parameters
    ----------
    strict : inconclusive fails
    recording : the record is being rewritten, so nothing can differ from it
    report_only : a refuted claim is a finding that is reported and fails nothing
    """

    strict: bool = False
    recording: bool = False
    report_only: bool = False


_NOW = ", now "


def differs_from_record(remark: str) -> bool:
    """Return True if a remark says that a verdict differs from the recorded one."""
    return _NOW in remark


def outcome_of(verdict: str, recorded: str | None, policy: Policy) -> tuple[Outcome, str]:
    """Return the outcome of a test, and a remark on the record (empty if it says nothing).

    Parameters
    ----------
    verdict : a value of :class:`Verdict`, or ``"uninformative"``
    recorded : the same from the record, ``None`` where the record says nothing
    """
    if policy.recording:
        recorded = verdict
    if recorded is not None and recorded != verdict:
        return Outcome.FAIL, f"on record as {recorded}{_NOW}{verdict}"
    remark = "" if recorded is None else f"on record as {recorded}"
    if verdict == Verdict.SUPPORTED:
        return Outcome.PASS, remark
    if verdict == Verdict.INCONCLUSIVE:
        return (Outcome.FAIL if policy.strict else Outcome.XFAIL), remark
    if recorded is not None or (policy.report_only and verdict == Verdict.REFUTED):
        return Outcome.XFAIL, remark
    return (Outcome.ERROR if verdict == UNINFORMATIVE else Outcome.FAIL), remark
