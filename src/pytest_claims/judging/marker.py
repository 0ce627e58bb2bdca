"""The decorator that makes a test judge a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

from pytest_claims.core.claim import Claim
from pytest_claims.core.verdict import Rule

TestFunction = TypeVar("TestFunction", bound=Callable[..., Any])


def claim(
    id: str,  # the name that the ledger gives it
    statement: str,
    *,
    rule: Rule,
    needs: Iterable[str] = (),
    source: str = "",
    kind: str | None = None,
    family: str = "",
    headline: bool = False,
    question: str = "",
) -> Callable[[TestFunction], TestFunction]:
    """Make a test function the judge of a claim.

    The function asks for the fixture ``verdict`` and calls ``verdict.decide(estimate)`` once. If it asks
    for the fixture ``evidence``, it runs once on each body of evidence that has every measure in ``needs``.

    Parameters
    ----------
    id, statement, rule, needs, source, kind, family, headline, question : see :class:`Claim`

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
    stated = Claim(
        id=id,
        statement=statement,
        rule=rule,
        needs=frozenset(needs),
        source=source,
        kind=kind,
        family=family,
        headline=headline,
        question=question,
    )

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
