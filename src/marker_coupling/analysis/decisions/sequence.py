"""Test of the registered hypotheses in their order, jointly over base models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import JointCorrelation, joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation, partial_correlation
from marker_coupling.analysis.correlations.permutation_test import PermutationTest, permutation_test
from marker_coupling.analysis.correlations.permutations import block_permutations
from marker_coupling.analysis.correlations.true_correlation import TrueCorrelation, true_correlation
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.replicated import Replicated
from marker_coupling.analysis.data.variables import COVARIATES
from marker_coupling.analysis.decisions.gatekeeping import adjust_p_values
from marker_coupling.analysis.decisions.hypotheses import GATEKEEPING, HYPOTHESES, Hypothesis
from marker_coupling.analysis.decisions.verdict import Decision, decide

#: One-sided family-wise error rate in the claimed directions.
ALPHA_ONE_SIDED = 0.025


@dataclass(frozen=True, eq=False)
class HypothesisResult:
    """Result for one hypothesis.

    Parameters
    ----------
    hypothesis : that was tested
    correlations : one for each base model
    joint : over base models
    test : by permutation
    true : correlation of true scores; ``None`` where an error is unknown
    p_claimed : one-sided p in the claimed direction, before any adjustment
    p_adjusted : the same within the sequence; supported if at most 0.025
    decision : verdict
    """

    hypothesis: Hypothesis
    correlations: tuple[PartialCorrelation, ...]
    joint: JointCorrelation
    test: PermutationTest
    true: TrueCorrelation | None
    p_claimed: float
    p_adjusted: float
    decision: Decision


def correlate(
    hypothesis: Hypothesis, variables: Sequence[Mapping[str, Replicated]], categories: Categories
) -> tuple[PartialCorrelation, ...]:
    """Partial correlation of a hypothesis on each base model.

    Parameters
    ----------
    variables : for each base model, by name
    """
    return tuple(
        partial_correlation(
            named[hypothesis.predictor],
            named[hypothesis.outcome],
            [named[name] for name in (*COVARIATES, *hypothesis.given) if name in named],
            categories,
        )
        for named in variables
    )


def judge_sequence(
    variables: Sequence[Mapping[str, Replicated]],
    categories: Categories,
    *,
    permutations: int,
    seed: int,
    only_reached: bool,
) -> tuple[dict[str, HypothesisResult], dict[str, str]]:
    """Test the registered hypotheses jointly over base models, each at the level that the sequence leaves it.

    Parameters
    ----------
    variables : for each base model, as :func:`.study_variables` names them
    categories : of the personas, which all base models share
    permutations, seed : of the permutation tests; all hypotheses are tested on the same permutations
    only_reached : leave out hypotheses that the sequence does not reach

    Returns
    -------
    results, untestable : dict
        By id, in the order of `HYPOTHESES`; and why others could not be tested, such as the leak to the
        assistant where there is none. The sequence takes these as not rejected.

    Raises
    ------
    AnalysisError
        None could be tested.
    """
    draws = block_permutations(categories, permutations, np.random.default_rng(seed))
    known: dict[str, tuple[tuple[PartialCorrelation, ...], PermutationTest]] = {}
    untestable: dict[str, str] = {}
    claimed = {hypothesis.id: 1.0 for hypothesis in HYPOTHESES}
    while True:
        adjusted = adjust_p_values(claimed, GATEKEEPING, ALPHA_ONE_SIDED)
        waiting = [
            hypothesis
            for hypothesis in HYPOTHESES
            if hypothesis.id not in known | untestable
            and (adjusted[hypothesis.id][1] > 0 or not only_reached)
        ]
        if not waiting:
            break
        for hypothesis in waiting:
            try:
                correlations = correlate(hypothesis, variables, categories)
            except AnalysisError as error:
                untestable[hypothesis.id] = str(error)
                continue
            test = permutation_test(correlations, categories, draws)
            known[hypothesis.id] = correlations, test
            claimed[hypothesis.id] = test.p_lower if hypothesis.direction < 0 else test.p_upper
    if not known:
        raise AnalysisError(next(iter(untestable.values())))
    results = {}
    for hypothesis in HYPOTHESES:
        if hypothesis.id not in known:
            continue
        correlations, test = known[hypothesis.id]
        true = None
        if all(correlation.errors_known for correlation in correlations):
            true = true_correlation(correlations)
        p_adjusted, level = adjusted[hypothesis.id]
        p_opposite = test.p_upper if hypothesis.direction < 0 else test.p_lower
        decision = decide(p_claimed=claimed[hypothesis.id], p_opposite=p_opposite, level=level, true=true)
        results[hypothesis.id] = HypothesisResult(
            hypothesis, correlations, joint_correlation(correlations), test, true, claimed[hypothesis.id],
            p_adjusted, decision,
        )  # fmt: skip
    return results, untestable
