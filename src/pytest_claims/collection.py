"""Which claims are judged on which evidence: parametrization, and what makes a claim unjudgeable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_claims import staging
from pytest_claims.claim import Claim, claim_of
from pytest_claims.evidence import BrokenEvidence, EvidenceSource
from pytest_claims.properties import Property, stated

Offer = tuple[EvidenceSource | BrokenEvidence, ...]
_OFFERED = pytest.StashKey[dict[Path, Offer]]()
_UNFED = pytest.StashKey[set[str]]()


class ClaimsSetupError(Exception):
    """Something about the claims themselves is wrong; the message is one line."""


class ProblemItem(pytest.Item):
    """A test that only reports a problem found while collecting, as one error."""

    problem: str

    @classmethod
    def reporting(cls, parent: pytest.Session, name: str, problem: str) -> ProblemItem:
        """Make the item, a child of the session."""
        item: ProblemItem = cls.from_parent(parent, name=name, nodeid=name)
        item.problem = problem
        return item

    def runtest(self) -> None:
        """Raise the problem."""
        raise ClaimsSetupError(self.problem)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the report says it comes from."""
        return self.path, None, self.name


def offered_evidence(config: pytest.Config, node: pytest.Item) -> Offer:
    """Return the evidence that the project offers to the claims in a test's directory.

    Raises
    ------
    pytest.UsageError
        Two sources have one name.
    """
    by_directory = config.stash.setdefault(_OFFERED, {})
    directory = node.path.parent
    if directory not in by_directory:
        answers = node.ihook.pytest_claims_evidence(config=config)
        offer = tuple(source for answer in answers for source in answer)
        names = [source.name for source in offer]
        for name in names:
            if names.count(name) > 1:
                raise pytest.UsageError(f"two sources of evidence are named {name!r}; names must be unique")
        by_directory[directory] = offer
    return by_directory[directory]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a claim once for each evidence that has all the measures it needs."""
    if "evidence" not in metafunc.fixturenames:
        return
    claim = claim_of(metafunc.definition)
    if claim is None:
        return
    if any(
        "evidence" in str(mark.args[0]).split(",") for mark in metafunc.definition.iter_markers("parametrize")
    ):
        return  # the test brings its own
    sources = [
        source
        for source in offered_evidence(metafunc.config, metafunc.definition)
        if isinstance(source, EvidenceSource) and claim.needs <= source.measures
    ]
    if not sources:
        metafunc.config.stash.setdefault(_UNFED, set()).add(metafunc.definition.nodeid)
    metafunc.parametrize(
        "evidence",
        [pytest.param(source, id=source.name, marks=source.marks) for source in sources],
        indirect=True,
    )


def evidence_name(item: pytest.Item) -> str:
    """Return the name of the evidence that a test will judge; empty if it brings its own."""
    source = evidence_source(item)
    return "" if source is None else source.name


def evidence_source(item: pytest.Item) -> EvidenceSource | None:
    """Return the source of the evidence that a test will judge; None if it brings its own."""
    callspec = getattr(item, "callspec", None)
    source = None if callspec is None else callspec.params.get("evidence")
    return source if isinstance(source, EvidenceSource) else None


def arrange(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop claims that no evidence can feed, put errors where claims are ill-defined, state the rest."""
    unfed = config.stash.get(_UNFED, set())
    if unfed:
        items[:] = [item for item in items if item.nodeid.partition("[")[0] not in unfed]
    claims = [(item, claim) for item in items if (claim := claim_of(item)) is not None]
    problems = dict(_ill_defined(claims))
    if problems:
        dropped = {item for item, claim in claims if claim.id in problems}
        items[:] = [item for item in items if item not in dropped]
    items += [ProblemItem.reporting(session, f"claim {name}", text) for name, text in problems.items()]
    broken = {
        source.name: source
        for offer in config.stash.get(_OFFERED, {}).values()
        for source in offer
        if isinstance(source, BrokenEvidence)
    }
    items += [ProblemItem.reporting(session, f"evidence {b.name}", b.message) for b in broken.values()]
    for item, claim in claims:
        item.user_properties.extend(stated(claim, evidence_name(item)))


def note_collected(session: pytest.Session) -> None:
    """Tell the controller what this process will run."""
    directory = session.config.stash.get(staging.STAGING, None)
    if directory is not None:
        staging.note_collected(directory, [(i.nodeid, _stated_properties(i)) for i in session.items])


def _stated_properties(item: pytest.Item) -> list[Property]:
    claim = claim_of(item)
    return [] if claim is None else stated(claim, evidence_name(item))


def _ill_defined(claims: list[tuple[pytest.Item, Claim]]) -> Iterator[tuple[str, str]]:
    homes: dict[str, dict[str, Claim]] = {}
    for item, claim in claims:
        home = item.nodeid.partition("[")[0]
        homes.setdefault(claim.id, {})[home] = claim
        if "verdict" not in getattr(item, "fixturenames", ()):
            yield claim.id, f"{home}: claim {claim.id} must ask for the fixture 'verdict' and decide with it"
    for name, tests in homes.items():
        if len(tests) > 1:
            yield name, f"claim id {name!r} is used by {len(tests)} tests: {', '.join(sorted(tests))}"
