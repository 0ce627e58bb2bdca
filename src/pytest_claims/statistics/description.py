"""Statements about the numbers at hand that infer nothing beyond them."""

from __future__ import annotations

from dataclasses import dataclass

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
    return Described(
        statistic=estimate.statistic,
        value=estimate.value,
        n=estimate.n,
        ci_low=estimate.ci_low,
        ci_high=estimate.ci_high,
        p_value=estimate.p_value,
        detail=detail or estimate.detail,
        holds=holds,
    )
