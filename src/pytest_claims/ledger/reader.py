"""Reader of the ledger in a JUnit report, from which alone it is made.

What cannot be read is left out and said to be; nothing is put in its place.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pytest_claims.core.claim import question_of_module, variant_name
from pytest_claims.core.figures import is_figure_path
from pytest_claims.core.kind import KINDS, UNKNOWN
from pytest_claims.core.last_change import LastChange, change_of_text
from pytest_claims.core.roles import ROLES
from pytest_claims.junit.omissions import Omissions
from pytest_claims.junit.properties import HEADLINE, PREFIX, value_by_name, values_by_name
from pytest_claims.junit.reader import DEFAULT_LIMIT_MIB, read_suite
from pytest_claims.junit.suite import Case, JUnitError, Suite
from pytest_claims.ledger.families import adjust_families
from pytest_claims.ledger.groups import place_members
from pytest_claims.ledger.ledger import (
    DECIDED,
    ERROR,
    EXPECTED_TO_FAIL,
    SKIPPED,
    TERM,
    WHY_NOT_JUDGED,
    Entry,
    Ledger,
    NotJudged,
)
from pytest_claims.ledger.number_properties import (
    read_each,
    read_numbers,
    read_regions,
    read_weights,
    read_whole,
)
from pytest_claims.ledger.record import RECORDABLE
from pytest_claims.ledger.rule_dates import date_rules

#: More than these are not judged by people.
MOST_ENTRIES = 100_000
_IDENTITY = ("id", "statement", "source", "evidence", "parameters")
_TEXTS = (
    "family",
    "rule",
    "statistic",
    "record",
    "evidence_sha256",
    "evidence_determined_by",
    "registration",
    "figures_at",
)


def read_ledger(path: Path, limit_mib: int = DEFAULT_LIMIT_MIB) -> Ledger:
    """Read the ledger out of a report.

    Raises
    ------
    JUnitError
        The file is not a report (see :func:`pytest_claims.junit.reader.read_suite`), or none of its tests
        judges a claim.
    """
    ledger = ledger_of(read_suite(path, judges_a_claim, limit_mib))
    if not ledger.entries:
        why = f": {ledger.left_out[0]}" if ledger.left_out else ""
        raise JUnitError(f"{path}: expected a report with claims, found no test that judges one{why}")
    return ledger


def judges_a_claim(case: Case) -> bool:
    """Return True for a test that judges a claim."""
    return any(name.startswith(PREFIX) for name, _ in case.properties)


def ledger_of(suite: Suite) -> Ledger:
    """Make the ledger of a report that has been read."""
    omissions = Omissions()
    entries, not_judged = _unique_entries(suite, omissions)
    run = _run(suite, omissions)
    terms = {name.removeprefix(TERM): run.pop(name) for name in list(run) if name.startswith(TERM)}
    return Ledger(
        run=run,
        entries=tuple(date_rules(adjust_families(place_members(entries), not_judged), run)),
        left_out=suite.left_out + omissions.sentences(),
        not_judged=tuple(not_judged),
        terms=terms,
    )


def _run(suite: Suite, omissions: Omissions) -> dict[str, str]:
    run = {"started": suite.timestamp, "host": suite.hostname}
    if suite.time_s is not None:
        run["duration_s"] = f"{suite.time_s:.1f}"
    for name, value in suite.properties:
        if run.get(name, value) != value:
            omissions.add(f"the testsuite: property {name} is there more than once; the last is shown")
        run[name] = value
    return run


def _unique_entries(suite: Suite, omissions: Omissions) -> tuple[list[Entry], list[NotJudged]]:
    """Read all entries; of a test that is there twice, the last that was judged counts."""
    judged: dict[tuple[str, ...], Entry] = {}
    not_judged: dict[tuple[str, ...], NotJudged] = {}
    for case in suite.cases:
        entry = _entry(case, omissions)
        if entry is None:
            continue
        identity = (entry.id, entry.parameters, entry.evidence, entry.test)
        if isinstance(entry, NotJudged):
            if len(not_judged) < MOST_ENTRIES:
                not_judged[identity] = entry
            continue
        if identity in judged:
            same = "the same" if judged[identity] == entry else "with another result; the last is shown"
            omissions.add(
                f"{_location(entry.name, entry.evidence)}: its test {entry.test} is there twice, {same}"
            )
        elif len(judged) >= MOST_ENTRIES:
            omissions.add(f"judgements after the first {MOST_ENTRIES:,}")
            break
        judged[identity] = entry
    copies: Counter[tuple[str, str]] = Counter()
    entries = []
    for entry in judged.values():
        pair = (entry.variant, entry.evidence)
        copies[pair] += 1
        entries.append(dataclasses.replace(entry, copy=copies[pair]))
    unjudged = [claim for identity, claim in not_judged.items() if identity not in judged]
    return entries, sorted(unjudged, key=lambda claim: WHY_NOT_JUDGED.index(claim.why))


def _entry(case: Case, omissions: Omissions) -> Entry | NotJudged | None:
    values, text = values_by_name(case.properties), value_by_name(case.properties)
    test = f"{case.classname}::{case.name}"
    if not text:
        return None
    if not text.get("id"):
        omissions.add(f"testcase {test}: it has properties of a claim, but no {PREFIX}id")
        return None
    location = _location(variant_name(text["id"], text.get("parameters", "")), text.get("evidence", ""))
    verdict, reason = text.get("verdict", ""), text.get("reason", "")
    if not verdict and (case.outcome in ("skipped", "xfailed") or "not_judged" in text):
        return _not_judged(case, text, test, location, omissions)
    if not verdict and case.outcome in ("error", "failed"):
        verdict, reason = ERROR, case.message
    elif verdict not in RECORDABLE:
        expected = ", ".join(sorted(RECORDABLE))
        fault = f"expected one of {expected}, got {verdict!r:.40}" if verdict else "it is missing"
        omissions.add(f"{location}: property {PREFIX}verdict: {fault}")
        return None
    expected_keys = ["statement", "rule", *(["reason"] if verdict != ERROR else [])]
    expected_keys += ["statistic", "estimate", "n"] if verdict in DECIDED else []
    for key in expected_keys:
        if key not in text:
            omissions.add(f"{location}: property {PREFIX}{key}: it is missing")
    fields = {key: text.get(key, "") for key in (*_IDENTITY, *_TEXTS)} | read_numbers(
        text, location, omissions
    )
    group, role = _group_and_role(text, location, omissions)
    return Entry(
        **fields,
        group=group,
        role=role,
        kind=_kind(text, location, omissions),
        headline=text.get("headline") == HEADLINE,
        question=_question(text, case),
        verdict=verdict,
        reason=reason,
        thresholds=read_each(values.get("threshold", ()), "threshold", location, omissions),
        regions=read_regions(values.get("region", ()), location, omissions),
        weights=read_weights(values.get("weight", ()), location, omissions),
        rule_change=_change(text, "rule_change", location, omissions),
        test_change=_change(text, "test_change", location, omissions),
        figures=_figures(values.get("figure", ()), location, omissions),
        figure_errors=tuple(values.get("figure_error", ())),
        test=test,
        attempts=read_whole(text, "attempts", location, omissions) or 1,
    )


def _not_judged(
    case: Case, text: Mapping[str, str], test: str, location: str, omissions: Omissions
) -> NotJudged:
    why = text.get("not_judged", EXPECTED_TO_FAIL if case.outcome == "xfailed" else SKIPPED)
    if why not in WHY_NOT_JUDGED:
        expected = ", ".join(WHY_NOT_JUDGED)
        omissions.add(f"{location}: property {PREFIX}not_judged: expected one of {expected}, got {why!r:.40}")
        why = SKIPPED
    identity = {key: text.get(key, "") for key in _IDENTITY}
    return NotJudged(
        **identity,
        why=why,
        reason=text.get("reason", case.message),
        test=test,
        kind=_kind(text, location, omissions),
        family=text.get("family", ""),
        headline=text.get("headline") == HEADLINE,
        question=_question(text, case),
        evidence_label=text.get("evidence_label", ""),
    )


def _question(text: Mapping[str, str], case: Case) -> str:
    """Return the heading of a claim; reports of earlier versions name none, and it is the module's then."""
    return " ".join(text.get("question", "").split()) or question_of_module(case.classname)


def _kind(text: Mapping[str, str], location: str, omissions: Omissions) -> str:
    """Read the kind of a claim; reports of earlier versions name none, and none is assumed."""
    kind = text.get("kind", UNKNOWN)
    if kind in KINDS or "kind" not in text:
        return kind
    omissions.add(f"{location}: property {PREFIX}kind: expected one of {', '.join(KINDS)}, got {kind!r:.40}")
    return UNKNOWN


def _group_and_role(text: Mapping[str, str], location: str, omissions: Omissions) -> tuple[str, str]:
    group, role = text.get("evidence_group", ""), text.get("evidence_role", "")
    if not group and not role:
        return "", ""
    if role not in ROLES:
        expected = f"property {PREFIX}evidence_role: expected one of {', '.join(ROLES)}"
        omissions.add(f"{location}: {expected}, got {role!r:.40}")
        return "", ""
    if not group:
        omissions.add(f"{location}: property {PREFIX}evidence_group: it is missing")
        return "", ""
    return group, role


def _change(text: Mapping[str, str], key: str, location: str, omissions: Omissions) -> LastChange | None:
    if key not in text:
        return None
    change = change_of_text(text[key])
    if change is None:
        expected = "expected a commit and its moment, or 'uncommitted'"
        omissions.add(f"{location}: property {PREFIX}{key}: {expected}, got {text[key]!r:.60}")
    return change


def _location(variant: str, evidence: str) -> str:
    return f"claim {variant}" + (f" on {evidence}" if evidence else "")


def _figures(paths: list[str] | tuple[str, ...], location: str, omissions: Omissions) -> tuple[str, ...]:
    for path in paths:
        if not is_figure_path(path):
            omissions.add(f"{location}: figure {path!r:.80}: expected a path such as figures/NAME.png")
    return tuple(path for path in paths if is_figure_path(path))
