"""A claim: what is said, who said it, what it needs, and the rule that decides it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from pytest_claims.rules import Rule

_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

TestFunction = TypeVar("TestFunction", bound=Callable[..., Any])


@dataclass(frozen=True)
class Claim:
    """A statement that evidence can support or refute.

    Parameters
    ----------
    id : stable name in kebab-case; the key of the ledger's history
    statement : the claim in plain words
    rule : decides the verdict; fixed before the evidence is seen
    needs : measures that an evidence must have for the claim to be collected for it
    source : who makes the claim, and where

    Raises
    ------
    ValueError
        The id is not kebab-case, the statement is empty, or ``needs`` is a bare string.
    TypeError
        The rule has no ``decide`` or cannot be printed, or something else is not of its type.
    """

    id: str
    statement: str
    rule: Rule
    needs: frozenset[str] = frozenset()
    source: str = ""

    def __post_init__(self) -> None:
        for name, text in (("id", self.id), ("statement", self.statement), ("source", self.source)):
            if not isinstance(text, str):
                raise TypeError(f"claim {self.id!r:.80}: {name}: expected a string, got {text!r:.80}")
        if not _KEBAB_CASE.fullmatch(self.id):
            raise ValueError(f"claim id {self.id!r}: expected kebab-case, such as 'cosine-predicts-coupling'")
        if not self.statement.strip():
            raise ValueError(f"claim {self.id}: expected a statement in plain words, got an empty one")
        if not callable(getattr(self.rule, "decide", None)):
            raise TypeError(f"claim {self.id}: expected a rule with a decide method, got {self.rule!r}")
        try:
            str(self.rule)
        except Exception as error:
            raise TypeError(f"claim {self.id}: expected a rule that prints: {error!r:.200}") from error
        for measure in self.needs:
            if not isinstance(measure, str):
                raise TypeError(f"claim {self.id}: needs: expected strings, got {measure!r:.80}")


def claim(
    id: str,  # the name that the ledger gives it
    statement: str,
    *,
    rule: Rule,
    needs: Iterable[str] = (),
    source: str = "",
) -> Callable[[TestFunction], TestFunction]:
    """Make a test function the judge of a claim.

    The function asks for the fixture ``verdict`` and calls ``verdict.decide(estimate)`` once. If it asks
    for the fixture ``evidence``, it runs once for each evidence that has every measure in ``needs``.

    Parameters
    ----------
    id, statement, rule, needs, source : see :class:`Claim`

    Examples
    --------
    >>> from pytest_claims import Correlation, claim
    >>> @claim("rain-predicts-umbrellas", "Where it rains more, more umbrellas are sold.",
    ...        rule=Correlation("positive"), needs=("rain_mm", "umbrellas"))
    ... def test_rain_predicts_umbrellas(evidence, verdict):
    ...     verdict.decide(pearson(evidence.rain_mm, evidence.umbrellas))
    """
    if isinstance(needs, str):
        raise ValueError(f"claim {id}: needs must be a collection of measures; did you mean ({needs!r},)?")
    stated = Claim(id=id, statement=statement, rule=rule, needs=frozenset(needs), source=source)

    def mark(function: TestFunction) -> TestFunction:
        marked: TestFunction = pytest.mark.claim(stated)(function)
        return marked

    return mark


def claim_of(item: pytest.Item) -> Claim | None:
    """Return the claim that a test item judges, or ``None`` for an ordinary test.

    A project may have a marker of the same name for something else; only that of :func:`claim` counts.
    """
    claims = (marker.args[0] for marker in item.iter_markers("claim") if len(marker.args) == 1)
    return next((stated for stated in claims if isinstance(stated, Claim)), None)
