"""Specification curve: one question under every defensible choice, and a joint test of all of them.

Simonsohn, Simmons and Nelson (2020, doi:10.1038/s41562-020-0912-z). Exploratory, beside the one registered
analysis: how much of a result is the analyst's choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation, partial_correlation
from marker_coupling.analysis.correlations.permutation_test import TIES, permuted_statistics
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.replicated import exact


@dataclass(frozen=True, eq=False)
class Specification:
    """One set of analytic choices.

    Parameters
    ----------
    choices : by kind of choice, such as ``{"layers": "upper half", "outcome": "forced"}``
    predictor, outcome : (N,)
    covariates : (N, k), k may be 0
    """

    choices: Mapping[str, str]
    predictor: FloatArray
    outcome: FloatArray
    covariates: FloatArray


@dataclass(frozen=True)
class CurveTest:
    """A summary of the curve against permuted curves.

    Parameters
    ----------
    value : of the curve
    expected : mean over permuted curves
    p : one-sided, in the claimed direction
    """

    value: float
    expected: float
    p: float


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """Estimates in order, with their choices, and the joint test.

    Parameters
    ----------
    choices : (K,) of each specification, in the order of the estimates
    r, low, high, p : (K,) partial correlation with 95% interval and two-sided p, by Student's t over
        categories; from the strongest in the claimed direction to the weakest
    median : the median r
    significant : the share of specifications that are significant in the claimed direction, p < 0.05
    stouffer : the sum of the specifications' z over the root of their number, large in the claimed direction
    """

    choices: tuple[Mapping[str, str], ...]
    r: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    median: CurveTest
    significant: CurveTest
    stouffer: CurveTest


def specification_curve(
    specifications: Sequence[Specification],
    categories: Categories,
    direction: int,
    *,
    permutations: int = 999,
    seed: int = 0,
) -> SpecificationCurve:
    """Estimate every specification, and test the curve as a whole.

    Parameters
    ----------
    specifications : of the same personas; base models may differ
    categories : of the personas
    direction : -1 or 1, the claimed sign
    permutations, seed : one permutation of the personas serves all specifications, which keeps the dependence
        between them

    Raises
    ------
    AnalysisError
        No specification, kinds of choices that differ between specifications, or as the partial correlation
        raises.
    """
    if not specifications or direction not in (-1, 1):
        raise AnalysisError("specifications: expected at least one, and a direction of -1 or 1")
    kinds = {tuple(sorted(specification.choices)) for specification in specifications}
    if len(kinds) > 1:
        raise AnalysisError(f"choices: expected the same kinds in every specification, got {sorted(kinds)}")
    correlations = [_correlate(specification, categories) for specification in specifications]
    joint = [joint_correlation([correlation]) for correlation in correlations]
    r, t = np.array([estimate.r for estimate in joint]), np.array([estimate.t for estimate in joint])
    draws = block_permutations(categories, permutations, np.random.default_rng(seed))
    permuted = [permuted_statistics([correlation], categories, draws) for correlation in correlations]
    permuted_r, permuted_t = np.tanh([z for z, _ in permuted]), np.array([t for _, t in permuted])
    degrees = categories.count - 1
    observed = _summaries(direction * r[:, None], direction * t[:, None], degrees)
    under_null = _summaries(direction * permuted_r, direction * permuted_t, degrees)
    signs = (direction, 1, 1)
    median, significant, stouffer = (
        CurveTest(
            value=float(sign * value[0]),
            expected=float(sign * null.mean()),
            p=float((np.count_nonzero(null >= value[0] - TIES) + 1) / (permutations + 1)),
        )
        for sign, value, null in zip(signs, observed, under_null, strict=True)
    )
    order = np.argsort(-direction * r, kind="stable")
    return SpecificationCurve(
        choices=tuple(specifications[index].choices for index in order),
        r=r[order],
        low=np.array([joint[index].low for index in order]),
        high=np.array([joint[index].high for index in order]),
        p=np.array([2 * min(joint[index].p_lower, joint[index].p_upper) for index in order]),
        median=median,
        significant=significant,
        stouffer=stouffer,
    )


def _correlate(specification: Specification, categories: Categories) -> PartialCorrelation:
    n = categories.codes.size
    covariates = np.asarray(specification.covariates, dtype=np.float64).reshape(n, -1)
    name = ", ".join(f"{kind}: {choice}" for kind, choice in specification.choices.items())
    try:
        return partial_correlation(
            exact(numbers("predictor", specification.predictor, (n,))),
            exact(numbers("outcome", specification.outcome, (n,))),
            [exact(column) for column in covariates.T],
            categories,
        )
    except AnalysisError as error:
        raise AnalysisError(f"{name}: {error}") from error


def _summaries(r: FloatArray, t: FloatArray, degrees: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Median, significant share and Stouffer's z over specifications (K, P), each (P,)."""
    critical = special.stdtrit(degrees, 0.975)
    # From the lower tail, which loses no digits where t is large.
    z = -np.sign(t) * special.ndtri(special.stdtr(degrees, -np.abs(t)))
    return np.median(r, axis=0), (t > critical).mean(axis=0), z.sum(axis=0) / np.sqrt(len(z))
