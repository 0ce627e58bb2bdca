"""Collection of claims: parametrization over evidence, and errors of claims that cannot be judged."""

from __future__ import annotations

import difflib
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_claims.core.claim import Claim
from pytest_claims.judging.evidence import BrokenEvidence, EvidenceSource
from pytest_claims.judging.marker import claim_of
from pytest_claims.judging.sources import Source, check_sources, hook_error
from pytest_claims.judging.variants import (
    evidence_name,
    evidence_source,
    home_of,
    parameter_id,
    parameters_of,
    question_of,
)
from pytest_claims.junit.properties import Property, claim_properties
from pytest_claims.ledger.ledger import DESELECTED, UNFED
from pytest_claims.running.staging import CollectedTest, note_collected

_OFFERED = pytest.StashKey[dict[Path, tuple[Source, ...]]]()
_NOT_RUN = pytest.StashKey[list[CollectedTest]]()
_ORDER = pytest.StashKey[dict[int, int]]()
#: Measures that a sentence names; longer lists do not help.
_MOST_MEASURES = 5


class ClaimsSetupError(Exception):
    """A claim is ill-defined; the message is one line."""


@dataclass(frozen=True)
class Unfed:
    """Placeholder in a test's parameters for evidence that no source can give; the test is dropped."""

    reason: str


class ProblemItem(pytest.Item):
    """A test that only reports a problem found while collecting, as one error."""

    problem: str

    @classmethod
    def reporting(
        cls, parent: pytest.Session, name: str, problem: str, properties: list[Property] | None = None
    ) -> ProblemItem:
        """Make the item, a child of the session."""
        name = " ".join(name.split())
        item: ProblemItem = cls.from_parent(parent, name=name, nodeid=name)
        item.problem = problem
        item.user_properties.extend(properties or ())
        return item

    def runtest(self) -> None:
        """Raise the problem."""
        raise ClaimsSetupError(self.problem)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the location for the report."""
        return self.path, None, self.name


def evidence_sources(config: pytest.Config, node: pytest.Item) -> tuple[Source, ...]:
    """Return the checked evidence that the project offers to claims in a test's directory."""
    by_directory = config.stash.setdefault(_OFFERED, {})
    directory = node.path.parent
    if directory not in by_directory:
        try:
            answers = node.ihook.pytest_claims_evidence(config=config)
        except pytest.UsageError:
            raise
        except (Exception, SystemExit) as error:
            by_directory[directory] = (hook_error(error),)
        else:
            by_directory[directory] = check_sources(answers)
    return by_directory[directory]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a claim once on each body of evidence that has all the measures it needs."""
    claim = claim_of(metafunc.definition)
    if claim is None or any(
        "evidence" in _argument_names(m) for m in metafunc.definition.iter_markers("parametrize")
    ):
        return  # no claim, or one that brings its own
    sources = [
        s for s in evidence_sources(metafunc.config, metafunc.definition) if isinstance(s, EvidenceSource)
    ]
    fitting = [source for source in sources if claim.needs <= source.measures]
    parameters = [
        pytest.param(source, id=parameter_id(source.name), marks=source.marks) for source in fitting
    ] or [pytest.param(Unfed(_missing_measures(claim, sources)), id="no evidence")]
    metafunc.parametrize("evidence", parameters, indirect=True)


def arrange(
    session: pytest.Session, config: pytest.Config, before: list[pytest.Item], items: list[pytest.Item]
) -> None:
    """Drop claims that no evidence can feed, put errors in place of ill-defined ones, state the rest.

    Parameters
    ----------
    before : all items, in the order of their definition
    items : those that are left after every other plugin selected and sorted
    """
    unfed = {id(item): reason for item in before if (reason := _unfed_reason(item)) is not None}
    selected = {id(item) for item in items}
    claims = [(item, claim) for item in before if (claim := claim_of(item)) is not None]
    not_run: dict[str, CollectedTest] = {}
    for item, claim in claims:
        if id(item) in unfed:
            home = home_of(item)
            not_run[home] = CollectedTest(home, _own_properties(item, claim), UNFED, unfed[id(item)])
        elif id(item) not in selected:
            not_run[item.nodeid] = CollectedTest(item.nodeid, properties_of(item), DESELECTED)
    config.stash[_NOT_RUN] = list(not_run.values())
    config.stash[_ORDER] = {id(item): index for index, item in enumerate(before)}
    running = [(item, claim) for item, claim in claims if id(item) in selected and id(item) not in unfed]
    problems = dict(_ill_defined(running))
    dropped = unfed.keys() | {id(item) for item, claim in running if claim.id in problems}
    items[:] = [item for item in items if id(item) not in dropped]
    properties_by_claim = {claim.id: _own_properties(item, claim) for item, claim in running}
    items += [
        ProblemItem.reporting(session, f"claim {name}", text, properties_by_claim[name])
        for name, text in problems.items()
    ]
    items += [ProblemItem.reporting(session, name, message) for name, message in _broken_evidence(config)]
    for item, _ in running:
        item.user_properties.extend(properties_of(item))


def note_items(session: pytest.Session) -> None:
    """Tell the controller the tests that this process collected, in the order of definition."""
    order = session.config.stash[_ORDER]
    items = sorted(session.items, key=lambda item: order.get(id(item), len(order)))
    running = [CollectedTest(item.nodeid, properties_of(item)) for item in items]
    note_collected(session.config, [*running, *session.config.stash[_NOT_RUN]])


def _argument_names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
    return [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]


def _missing_measures(claim: Claim, sources: list[EvidenceSource]) -> str:
    """Return a sentence on the measures that no evidence has, with names that are almost like them."""
    if not sources:
        return "no evidence is offered"
    known = sorted(frozenset().union(*(source.measures for source in sources)))
    missing = sorted(claim.needs.difference(known))
    if not missing:
        return f"no evidence has all of {_list_names(sorted(claim.needs))}"
    nearest = {measure: difflib.get_close_matches(measure, known, n=1) for measure in missing}
    sentences = [
        f"no evidence has {measure!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        for measure, near in nearest.items()
    ]
    if known and not any(nearest.values()):
        sentences.append(f"there is {_list_names(known)}")
    return "; ".join(sentences)


def _list_names(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_MEASURES])
    more = len(names) - _MOST_MEASURES
    return f"{shown} and {more} more" if more > 0 else shown


def _unfed_reason(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    parameter: Any = None if callspec is None else callspec.params.get("evidence")
    return parameter.reason if isinstance(parameter, Unfed) else None


def properties_of(item: pytest.Item) -> list[Property]:
    """Return the properties of a test that are known before it runs; none of an ordinary test."""
    claim = claim_of(item)
    if claim is not None:
        source = evidence_source(item)
        group, role, label = ("", "", "") if source is None else (source.group, source.role, source.label)
        name, parameters = evidence_name(item), parameters_of(item)
        return claim_properties(claim, name, parameters, group, role, question_of(item), label)
    # An error that stands for a claim carries the claim's properties.
    return list(item.user_properties) if isinstance(item, ProblemItem) else []  # type: ignore[arg-type]


def _own_properties(item: pytest.Item, claim: Claim) -> list[Property]:
    return claim_properties(claim, "", question=question_of(item))


def _broken_evidence(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Yield a unique name and the message of each body of evidence that cannot be loaded."""
    offers = config.stash.get(_OFFERED, {}).values()
    broken = dict.fromkeys(
        (source.name, source.message)
        for offer in offers
        for source in offer
        if isinstance(source, BrokenEvidence)
    )
    taken: dict[str, int] = {}
    for name, message in broken:
        taken[name] = taken.get(name, 0) + 1
        copy = f" ({taken[name]})" if taken[name] > 1 else ""
        yield f"evidence {parameter_id(name)}{copy}", message


def _ill_defined(claims: list[tuple[pytest.Item, Claim]]) -> Iterator[tuple[str, str]]:
    homes: dict[str, dict[str, set[tuple[int, str]]]] = {}
    for item, claim in claims:
        home = home_of(item)
        variants = homes.setdefault(claim.id, {}).setdefault(home, set())
        variants.add((id(claim), f"{parameters_of(item)}@{evidence_name(item)}"))
        owner = getattr(item, "cls", None)
        if owner is not None and issubclass(owner, unittest.TestCase):
            fault = "must stand outside of unittest.TestCase, whose methods have no fixtures"
            yield claim.id, f"{home}: claim {claim.id} {fault}"
        elif "verdict" not in getattr(item, "fixturenames", ()):
            yield claim.id, f"{home}: claim {claim.id} must ask for the fixture 'verdict' and decide with it"
    for name, tests in homes.items():
        # Classes may inherit the method that judges a claim; the class then tells its tests apart.
        all_variants = [variant for variants in tests.values() for variant in variants]
        is_inherited = len({claim for claim, _ in all_variants}) == 1
        if len(tests) > 1 and not (is_inherited and len(set(all_variants)) == len(all_variants)):
            yield name, f"claim id {name!r} is used by {len(tests)} tests: {', '.join(sorted(tests))}"
