"""Which claims are judged on which evidence: parametrization, and what makes a claim unjudgeable."""

from __future__ import annotations

import difflib
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_claims.core.claim import Claim
from pytest_claims.judging.evidence import BrokenEvidence, EvidenceSource
from pytest_claims.judging.marker import claim_of
from pytest_claims.judging.sources import Source, offered_sources, refused_hook
from pytest_claims.judging.variants import evidence_name, home_of, parameter_id, parameters_of
from pytest_claims.junit.properties import Property, stated
from pytest_claims.ledger.ledger import DESELECTED, UNFED
from pytest_claims.running.staging import CollectedTest, note_collected

Offer = tuple[Source, ...]
_OFFERED = pytest.StashKey[dict[Path, Offer]]()
_NOT_RUN = pytest.StashKey[list[CollectedTest]]()
_ORDER = pytest.StashKey[dict[int, int]]()
#: Ends a sentence on what was not judged; longer lists help nobody.
_MOST_MEASURES = 5


class ClaimsSetupError(Exception):
    """Something about the claims themselves is wrong; the message is one line."""


class Unfed:
    """Stands in a test's parameters for evidence that no source can give; the test is dropped.

    Parameters
    ----------
    reason : the measures that are missing
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason


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
        """Return where the report says it comes from."""
        return self.path, None, self.name


def offered_evidence(config: pytest.Config, node: pytest.Item) -> Offer:
    """Return the evidence that the project offers to the claims in a test's directory, checked."""
    by_directory = config.stash.setdefault(_OFFERED, {})
    directory = node.path.parent
    if directory not in by_directory:
        try:
            answers = node.ihook.pytest_claims_evidence(config=config)
        except pytest.UsageError:
            raise
        except (Exception, SystemExit) as error:
            by_directory[directory] = (refused_hook(error),)
        else:
            by_directory[directory] = offered_sources(answers)
    return by_directory[directory]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a claim once for each evidence that has all the measures it needs."""
    claim = claim_of(metafunc.definition)
    if claim is None or any(
        "evidence" in _argument_names(m) for m in metafunc.definition.iter_markers("parametrize")
    ):
        return  # no claim, or one that brings its own
    sources = [
        s for s in offered_evidence(metafunc.config, metafunc.definition) if isinstance(s, EvidenceSource)
    ]
    fitting = [source for source in sources if claim.needs <= source.measures]
    parameters = [
        pytest.param(source, id=parameter_id(source.name), marks=source.marks) for source in fitting
    ] or [pytest.param(Unfed(_missing_measures(claim, sources)), id="no evidence")]
    metafunc.parametrize("evidence", parameters, indirect=True)


def arrange(
    session: pytest.Session, config: pytest.Config, before: list[pytest.Item], items: list[pytest.Item]
) -> None:
    """Drop claims that no evidence can feed, put errors where claims are ill-defined, state the rest.

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
            not_run[home] = CollectedTest(home, stated(claim, ""), UNFED, unfed[id(item)])
        elif id(item) not in selected:
            not_run[item.nodeid] = CollectedTest(item.nodeid, _properties_of(item, claim), DESELECTED)
    config.stash[_NOT_RUN] = list(not_run.values())
    config.stash[_ORDER] = {id(item): index for index, item in enumerate(before)}
    if unfed:
        items[:] = [item for item in items if id(item) not in unfed]
    running = [(item, claim) for item, claim in claims if id(item) in selected and id(item) not in unfed]
    problems = dict(_ill_defined(running))
    if problems:
        dropped = {id(item) for item, claim in running if claim.id in problems}
        items[:] = [item for item in items if id(item) not in dropped]
    stated_of = {claim.id: stated(claim, "") for _, claim in running}
    items += [
        ProblemItem.reporting(session, f"claim {name}", text, stated_of[name])
        for name, text in problems.items()
    ]
    items += [ProblemItem.reporting(session, name, message) for name, message in _broken_evidence(config)]
    for item, claim in running:
        item.user_properties.extend(stated(claim, evidence_name(item), parameters_of(item)))


def note_arranged(session: pytest.Session) -> None:
    """Tell the controller what this process collected, in the order of definition rather than of running."""
    order = session.config.stash[_ORDER]
    items = sorted(session.items, key=lambda item: order.get(id(item), len(order)))
    running = [CollectedTest(item.nodeid, _stated_properties(item)) for item in items]
    note_collected(session.config, [*running, *session.config.stash[_NOT_RUN]])


def _argument_names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
    return [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]


def _missing_measures(claim: Claim, sources: list[EvidenceSource]) -> str:
    """Say what no evidence has, and what is called almost like it."""
    if not sources:
        return "no evidence is offered"
    known = sorted(frozenset().union(*(source.measures for source in sources)))
    missing = sorted(claim.needs.difference(known))
    if not missing:
        return f"no evidence has all of {_listed(sorted(claim.needs))}"
    nearest = {measure: difflib.get_close_matches(measure, known, n=1) for measure in missing}
    said = [
        f"no evidence has {measure!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        for measure, near in nearest.items()
    ]
    if known and not any(nearest.values()):
        said.append(f"there is {_listed(known)}")
    return "; ".join(said)


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_MEASURES])
    more = len(names) - _MOST_MEASURES
    return f"{shown} and {more} more" if more > 0 else shown


def _unfed_reason(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    parameter: Any = None if callspec is None else callspec.params.get("evidence")
    return parameter.reason if isinstance(parameter, Unfed) else None


def _stated_properties(item: pytest.Item) -> list[Property]:
    claim = claim_of(item)
    if claim is None:
        # An error that stands for a claim carries the claim's properties.
        return list(item.user_properties) if isinstance(item, ProblemItem) else []  # type: ignore[arg-type]
    return _properties_of(item, claim)


def _properties_of(item: pytest.Item, claim: Claim) -> list[Property]:
    return stated(claim, evidence_name(item), parameters_of(item))


def _broken_evidence(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Yield a name, unique in the run, and the message of each body of evidence that cannot be had."""
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
            said = "must stand outside of unittest.TestCase, whose methods have no fixtures"
            yield claim.id, f"{home}: claim {claim.id} {said}"
        elif "verdict" not in getattr(item, "fixturenames", ()):
            yield claim.id, f"{home}: claim {claim.id} must ask for the fixture 'verdict' and decide with it"
    for name, tests in homes.items():
        # Classes may inherit the method that judges a claim; the class then tells its tests apart.
        all_variants = [variant for variants in tests.values() for variant in variants]
        is_inherited = len({claim for claim, _ in all_variants}) == 1
        if len(tests) > 1 and not (is_inherited and len(set(all_variants)) == len(all_variants)):
            yield name, f"claim id {name!r} is used by {len(tests)} tests: {', '.join(sorted(tests))}"
