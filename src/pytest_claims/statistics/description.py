"""Statements about the numbers at hand that infer nothing beyond them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from pytest_claims.core.estimate import Estimate


@dataclass(frozen=True)
class Described(Estimate):
    """A number of this sample, with the truth of a statement about it.

    Parameters
    ----------
    holds : whether it does; known, not inferred
    """

    holds: bool = False


def described(estimate: Estimate, *, holds: bool, detail: str = "") -> Described:
    """Turn an estimate into a description of the sample it was made from.

    Its interval and p-value are kept, so that a reader sees how little or much they would carry.
    """
    kept = {field.name: getattr(estimate, field.name) for field in fields(Estimate)}
    return Described(**{**kept, "detail": detail or estimate.detail}, holds=holds)
