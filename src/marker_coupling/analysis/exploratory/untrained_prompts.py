r"""Share of the marker's coupling that prompts of the same persona keep which training never saw.

With the mean over seeds of the teacher-forced log-odds under a persona's trained prompt, o, under another of
its prompts, u, and under bystanders' prompts, b, the share that a kind of prompt retains is the ratio of
means over personas

.. math:: \frac{\sum_i (u_i - b_i)}{\sum_i (o_i - b_i)}.

It is 1 where the marker comes as readily as under the trained prompt, and 0 where it comes as it does under
another persona's. Its error is from leaving out categories of personas, in all base models at once; where the
denominator is not above 0 by its whole 95% interval there is nothing of which to retain a share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import jackknife_half_width
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.evidence.values.study_evidence import FIXED_PROMPTS, StudyEvidence

#: Beginnings of the names of untrained prompts.
WORDINGS, DESCRIPTIONS = "wording", "description"


@dataclass(frozen=True)
class RetainedShare:
    """A share over base models, with its 95% interval.

    Parameters
    ----------
    value, low, high : mean over base models of the ratio of means
    """

    value: float
    low: float
    high: float


def prompts_of_kind(evidence: StudyEvidence, kind: str) -> list[int]:
    """Return the indices of the untrained prompts of a kind.

    Raises
    ------
    AnalysisError
        There is none.
    """
    chosen = [index for index, name in enumerate(evidence.untrained_prompts) if name.startswith(kind)]
    if not chosen:
        raise AnalysisError(
            f"{evidence.base_model}: untrained_prompts: expected some that begin with {kind!r}"
        )
    return chosen


def coupling_over_bystanders(evidence: StudyEvidence) -> FloatArray:
    """Return the forced log-odds under the trained prompt less those under bystanders', (N,)."""
    forced = evidence.forced_log_odds
    over: FloatArray = (forced[..., 0] - forced[..., FIXED_PROMPTS:].mean(axis=2)).mean(axis=1)
    return over


def untrained_over_bystanders(evidence: StudyEvidence, chosen: Sequence[int]) -> FloatArray:
    """Return the same of untrained prompts, mean over the chosen ones, (N,)."""
    untrained = evidence.untrained_log_odds[..., list(chosen)].mean(axis=2)
    bystanders = evidence.forced_log_odds[..., FIXED_PROMPTS:].mean(axis=2)
    over: FloatArray = (untrained - bystanders).mean(axis=1)
    return over


def lacks_coupling(evidence: StudyEvidence, categories: Categories) -> str:
    """Return the reason why there is nothing to retain a share of; empty if there is something."""
    over = coupling_over_bystanders(evidence)
    low, high = _interval(
        over.mean(), _left_out(over, categories) / _left_out(np.ones(over.size), categories)
    )
    if low > 0:
        return ""
    return (
        "expected the marker under the trained prompt more readily than under bystanders': "
        f"log-odds {over.mean():+.2f} [{low:.2f}, {high:.2f}]"
    )


def retained_share(
    untrained: Sequence[FloatArray], trained: Sequence[FloatArray], categories: Categories
) -> RetainedShare:
    """Estimate the share that is retained.

    Parameters
    ----------
    untrained, trained : (N,) less bystanders, of each base model
    categories : of the personas
    """
    pairs = list(zip(untrained, trained, strict=True))
    value = float(np.mean([u.sum() / o.sum() for u, o in pairs]))
    without = np.mean([_left_out(u, categories) / _left_out(o, categories) for u, o in pairs], axis=0)
    return RetainedShare(value, *_interval(value, without))


def _left_out(values: FloatArray, categories: Categories) -> FloatArray:
    """Sum over personas with each category left out, (G,)."""
    left_out: FloatArray = values.sum() - categories.sums(values)
    return left_out


def _interval(value: float, without: FloatArray) -> tuple[float, float]:
    half = float(jackknife_half_width(without))
    return float(value - half), float(value + half)
