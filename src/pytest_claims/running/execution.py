"""Judging one claim: load its evidence, run its test, and end it as the verdict demands.

The hooks here see every single test; they are registered only where there are claims.
"""

from __future__ import annotations

import textwrap
from collections.abc import Generator
from functools import partial
from typing import Any

import pytest

from pytest_claims.core.errors import BrokenMeasurementError, EvidenceLoadError, UninformativeMeasurementError
from pytest_claims.core.numbers import estimate_text
from pytest_claims.core.verdict import UNINFORMATIVE, Verdict
from pytest_claims.judging.evidence import EvidenceSource
from pytest_claims.judging.facts import facts_of, short_repr, source_facts
from pytest_claims.judging.judgement import Judgement
from pytest_claims.judging.marker import claim_of
from pytest_claims.judging.variants import evidence_name, evidence_source, parameters_of
from pytest_claims.junit.properties import (
    identity_properties,
    is_claim_property,
    verdict_properties,
)
from pytest_claims.running import staging
from pytest_claims.running.collection import ClaimsSetupError, ProblemItem, properties_of
from pytest_claims.running.outcome import Outcome, Policy, outcome_of
from pytest_claims.running.recording import verdict_on_record

_JUDGEMENT = pytest.StashKey[Judgement]()
_EVIDENCE = pytest.StashKey[tuple[Any, dict[str, str]]]()
_FACTS = pytest.StashKey[dict[str, tuple[Any, dict[str, str]]]]()
_FAILED_SUBTESTS = pytest.StashKey[list[str]]()
_REPORTED = pytest.StashKey[Outcome]()
#: Their message is all there is to say; a traceback would only hide it.
_SPEAKING_ERRORS = (BrokenMeasurementError, ClaimsSetupError, EvidenceLoadError)


def load_evidence(request: pytest.FixtureRequest) -> Any:
    """Load the evidence that a claim is judged on: the fixture ``evidence``."""
    source = getattr(request, "param", None)
    if not isinstance(source, EvidenceSource):
        raise pytest.UsageError("the fixture 'evidence' serves tests decorated with pytest_claims.claim")
    try:
        loaded = source.load()
    except source.expected_errors as error:
        name = " ".join(source.name.split())
        raise EvidenceLoadError(f"evidence {name}: {error}") from error
    except (SystemExit, GeneratorExit) as error:  # pytest would lose track of what it has set up
        fault = f"loading it raised {type(error).__name__}: {error}"
        raise EvidenceLoadError(f"evidence {source.name}: {fault}") from error
    facts = facts_of(loaded, source.name) | source_facts(source.origin, source.label, source.files)
    # Asked for once: a digest may take long, and what is shown is what was checked.
    request.config.stash.setdefault(_FACTS, {})[source.name] = (loaded, facts)
    staging.note_evidence(request.config, source.name, facts)
    return loaded


def begin_judgement(request: pytest.FixtureRequest) -> Judgement:
    """Begin the judgement of a claim: the fixture ``verdict``."""
    item: pytest.Item = request.node
    claim = claim_of(item)
    if claim is None:
        raise pytest.UsageError(f"{item.nodeid}: the fixture 'verdict' serves tests decorated with claim")
    source = evidence_source(item)
    draws = source is None or source.has_figures or claim.headline
    directory = request.config.stash.get(staging.STAGING, None) if draws else None
    directory = directory if request.config.stash.get(staging.DRAWS, False) else None
    figures_at = "" if draws or source is None else source.figures_at
    finish = partial(_finish_figure, item)
    judgement = Judgement(claim, evidence_name(item), directory, parameters_of(item), finish, figures_at)
    item.stash[_JUDGEMENT] = judgement
    if judgement.evidence:
        loaded = request.getfixturevalue("evidence")
        known, facts = request.config.stash.get(_FACTS, {}).get(judgement.evidence, (None, None))
        if facts is None or known is not loaded:  # a fixture of the project's own made something of it
            facts = facts_of(loaded, judgement.evidence)
        item.stash[_EVIDENCE] = (loaded, facts)
        item.user_properties.extend(identity_properties(facts))
    return judgement


def _finish_figure(item: pytest.Item, figure: object) -> None:
    source, (_, facts) = evidence_source(item), item.stash.get(_EVIDENCE, (None, {}))
    label = "" if source is None else source.label or source.name
    item.ihook.pytest_claims_figure(figure=figure, label=label, facts=facts)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Drop the results of an earlier attempt: a test that is run again is judged again."""
    if claim_of(item) is None:
        return
    keys: tuple[pytest.StashKey[Any], ...] = (_JUDGEMENT, _EVIDENCE, _REPORTED, _FAILED_SUBTESTS)
    for key in keys:
        if key in item.stash:
            del item.stash[key]
    others = [pair for pair in item.user_properties if not is_claim_property(pair)]
    item.user_properties[:] = [*others, *properties_of(item)]


def policy_of(config: pytest.Config) -> Policy:
    """Return the policy that the run's options ask for."""
    strict = config.getoption("claims_strict")
    return Policy(
        strict=strict,
        recording=config.getoption("claims_record"),
        report_only=config.getoption("claims_report_only")
        or (config.getini("claims_report_only") and not strict),
    )


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a claim's test; pass, fail or expect the failure, as verdict and record demand."""
    item = pyfuncitem
    if claim_of(item) is None:
        return (yield)
    if _JUDGEMENT not in item.stash:
        raise BrokenMeasurementError("the fixture 'verdict' is another than that of pytest_claims")
    judgement = item.stash[_JUDGEMENT]
    loaded, facts = item.stash.get(_EVIDENCE, (None, None))
    uninformative: UninformativeMeasurementError | None = None
    result: object = None
    try:
        for measure, why in getattr(loaded, "uninformative", {}).items():
            if measure in judgement.claim.needs:
                raise UninformativeMeasurementError(why)
        result = yield
        if failed := item.stash.get(_FAILED_SUBTESTS, None):
            raise BrokenMeasurementError(f"a subtest failed: {failed[0]}")
        decision = judgement.final_decision()
        name, reason = decision.verdict.value, decision.reason
    except UninformativeMeasurementError as error:
        uninformative, judgement.decision = error, None
        name, reason = UNINFORMATIVE, str(error)
    recorded = None
    if facts is not None:
        recorded = verdict_on_record(item.config, judgement.variant, facts["determined_by"])
    outcome, remark = outcome_of(name, recorded, policy_of(item.config))
    item.user_properties.extend(list(verdict_properties(judgement, name, reason, remark)))
    item.stash[_REPORTED] = outcome
    message = f"{name}: {reason}" + (f" [{remark}]" if remark else "")
    if outcome is Outcome.XFAIL:
        raise pytest.xfail.Exception(message, pytrace=False)  # a traceback takes long
    if outcome is Outcome.FAIL:
        raise pytest.fail.Exception(_full_account(judgement, name, reason, remark, loaded), pytrace=False)
    if outcome is Outcome.ERROR:
        raise uninformative or BrokenMeasurementError(reason)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Mark broken measurements as errors; show errors whose message says all without a traceback."""
    report = yield
    if not report.failed or call.excinfo is None:
        return report
    if isinstance(call.excinfo.value, _SPEAKING_ERRORS):
        report.longrepr = str(call.excinfo.value)
    if call.when == "call" and _JUDGEMENT in item.stash and _REPORTED not in item.stash:
        # A subtest's report comes while the test still runs.
        item.stash.setdefault(_FAILED_SUBTESTS, []).append(str(call.excinfo.value).partition("\n")[0])
    is_claim = isinstance(item, ProblemItem) or claim_of(item) is not None
    is_verdict = item.stash.get(_REPORTED, None) in (Outcome.FAIL, Outcome.XFAIL)
    if report.when == "call" and is_claim and not is_verdict:
        report.claim_error = True  # type: ignore[attr-defined]  # reports carry extra attributes
    return report


def _full_account(judgement: Judgement, verdict: str, reason: str, remark: str, evidence: object) -> str:
    claim = judgement.claim
    lines = [
        f"{verdict}: {judgement.variant}" + (f" on {judgement.evidence}" if judgement.evidence else ""),
        *([f"  record:    {remark}"] if remark else []),
        f"  claim:     {claim.statement}",
        f"  rule:      {claim.rule}",
    ]
    if judgement.decision is not None:
        decided = judgement.decision
        lines.append(f"  estimate:  {estimate_text(decided.estimate, decided.thresholds)}")
    lines.append(f"  reason:    {reason}")
    if verdict != Verdict.SUPPORTED and evidence is not None:
        lines += ["  evidence:", textwrap.indent(_print_evidence(evidence), "    ")]
    return "\n".join(lines)


def _print_evidence(evidence: object) -> str:
    try:
        return str(evidence)
    except Exception as error:  # the verdict stands without it
        return f"(it cannot be shown: {short_repr(error)})"
